import GraphIR
import LoopIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct RecurrentTests {
  /// Every kind of cell with every flag.
  private static let cells: [any Operator] = [false, true].flatMap { flag -> [any Operator] in
    var (rnn, lstm, gru, old) = (SimpleRNN(), LSTM(), GRU(), GRU())
    (rnn.goBackwards, lstm.goBackwards, gru.goBackwards, old.goBackwards) = (flag, flag, flag, !flag)
    (rnn.zeroOutputForMask, lstm.zeroOutputForMask, gru.zeroOutputForMask, old.zeroOutputForMask) = (flag, !flag, flag, flag)
    (lstm.recurrentActivation, rnn.activation) = (flag ? Activation("hard_sigmoid", [0.2]) : Activation("sigmoid"), Activation("relu"))
    old.resetAfter = false
    if flag {
      (rnn.clip, lstm.clip, gru.clip, old.clip) = (0.25, 0.5, 0.125, 0.25)
      (lstm.couplesGates, lstm.outputActivation) = (true, Activation("affine", [0.5, 0.1]))
    }
    return [rnn, lstm, gru, old]
  }

  private func types(_ op: any Operator, _ rows: Dim, _ steps: Dim, _ units: Int, optional: Bool) -> [TensorType?] {
    let gates = op is LSTM ? 4 : op is GRU ? 3 : 1
    let state = TensorType.floats([rows, Dim(units)])
    let needed: [TensorType?] = [.floats([rows, steps, Dim(gates * units)]), .floats([Dim(units), Dim(gates * units)])]
    guard optional else { return needed }
    let extra = TensorType.floats([Dim(3 * units)])
    let more: [TensorType?] = (op as? GRU)?.resetAfter == true ? [extra] : op is LSTM ? [state, extra] : []
    return needed + [TensorType(.bool, [rows, steps]), state] + more
  }

  @Test(arguments: cells.indices, [false, true])
  func lowersToItsMeaning(cell: Int, optional: Bool) throws {
    let op = Self.cells[cell]
    // Rows without a mask are computed together, up to sixteen, if all blocks have as many.
    for (rows, steps, units) in [(1, 1, 1), (2, 3, 5), (1, 4, 2), (3, 1, 3), (17, 1, 2), (34, 2, 3)] {
      let types = types(op, Dim(rows), Dim(steps), units, optional: optional)
      for seed in UInt64(0)..<3 { #expect(try disagreement(op, types, seed: seed) < 1e-5, "seed \(seed), \(op)") }
    }
    let open = types(op, batch, time, 3, optional: optional)
    #expect(try disagreement(op, open, seed: 7, dims: ["B": 2, "T": 5]) < 1e-5, "\(op)")
  }

  @Test func staysSaneOnHardNumbers() throws {
    let types = types(LSTM(), 2, 3, 4, optional: true)
    for seed in UInt64(0)..<3 { #expect(try disagreement(LSTM(), types, seed: seed, draw: .hard) < 1e-5, "seed \(seed)") }
  }

  /// A SimpleRNN of one unit with the weights 0.5, 0.25, recurrent 0.5 and bias 0.1, run in Keras 3.15 on four steps.
  private static let steps: [(Double, Double)] = [(0.27, -0.46), (-0.92, -0.97), (0.63, 0.83), (0.21, 0.46)]
  private static let projected = Tensor(.float32, [1, 4, 1], steps.map { 0.5 * $0.0 + 0.25 * $0.1 + 0.1 })

  @Test(
    arguments: [
      (false, false, [0.1194273, 0.1194273, 0.59295666, 0.59295666]), (false, true, [0.1194273, 0, 0.59295666, 0]),
      (true, false, [0, 0.55286634, 0.55286634, 0.37689292]), (true, true, [0, 0.55286634, 0, 0.37689292]),
    ])
  func masksAsKeras(backwards: Bool, zeros: Bool, expected: [Float]) throws {
    var op = SimpleRNN()
    (op.goBackwards, op.zeroOutputForMask) = (backwards, zeros)
    let mask = Tensor(.bool, [1, 4], integers: [1, 0, 1, 0])
    let found = try op.evaluate([Self.projected, Tensor(floats: [0.5], [1, 1]), mask])
    for (value, wanted) in zip(found[0].floats, expected) { #expect(abs(value - wanted) < 1e-6) }
    #expect(abs(found[1].floats[0] - (backwards ? 0.37689292 : 0.59295666)) < 1e-6)
  }

  @Test func givesZerosUntilAStepCountsWhateverTheInitialState() throws {
    let mask = Tensor(.bool, [1, 4], integers: [0, 1, 1, 0])
    let inputs = [Self.projected, Tensor(floats: [0.5], [1, 1]), mask, Tensor(floats: [0.7], [1, 1])]
    for (value, wanted) in zip(try result(SimpleRNN(), inputs).floats, [0, -0.24726722, 0.46122515, 0.46122515] as [Float]) {
      #expect(abs(value - wanted) < 1e-6)
    }
  }

  /// Two units on the steps 0.5, -1 and 2, with weights that rise evenly; outputs of Keras 3.15.
  private func expectKeras(_ op: any Operator, gates: Int, bias: Bool, _ expected: [Float]) throws {
    let columns = 2 * gates
    func rising(_ count: Int, _ step: Double, from start: Double) -> [Double] { (0..<count).map { start + step * Double($0) } }
    let (kernel, offset) = (rising(columns, 0.1, from: -0.2), rising(columns, 0.02, from: 0))
    let projected = [0.5, -1, 2].flatMap { x in zip(kernel, offset).map { x * $0 + $1 } }
    let inputs: [Tensor?] = [
      Tensor(.float32, [1, 3, columns], projected), Tensor(.float32, [2, columns], rising(2 * columns, 0.05, from: -0.2)), nil, nil,
      bias ? Tensor(.float32, [columns], rising(columns, 0.03, from: -0.05)) : nil,
    ]
    for (value, wanted) in zip(try result(op, inputs).floats, expected) { #expect(abs(value - wanted) < 1e-6, "\(op)") }
  }

  @Test func agreesWithKeras() throws {
    let lstm: [Float] = [0.048889719, 0.071578346, -0.0029545964, -0.01160268, 0.12295461, 0.1906902]
    try expectKeras(LSTM(), gates: 4, bias: false, lstm)
    let after: [Float] = [0.11424832, 0.15105052, 0.033177353, 0.023201976, 0.30482477, 0.36418572]
    try expectKeras(GRU(), gates: 3, bias: true, after)
    var gru = GRU()
    gru.resetAfter = false
    let before: [Float] = [0.093488745, 0.12429608, 0.0055735111, -0.01566387, 0.2684083, 0.32164517]
    try expectKeras(gru, gates: 3, bias: false, before)
  }

  /// Multiples of a tenth around zero that jump about.
  private func jumping(_ dims: [Int], by step: Int, modulo: Int) -> Tensor {
    let values = (0..<dims.reduce(1, *)).map { Double($0 * step % modulo - modulo / 2) / 10 }
    return Tensor(.float32, dims, values)
  }

  /// Rows of two and three steps from their ends, with peepholes, a clip and an activation of its own in each place: numbers of
  /// ONNX Runtime.
  @Test func agreesWithONNX() throws {
    var op = LSTM()
    (op.recurrentActivation, op.activation) = (Activation("hard_sigmoid", [0.3, 0.4]), Activation("softsign"))
    (op.outputActivation, op.clip) = (Activation("affine", [0.9, 0.1]), 0.4)
    (op.goBackwards, op.zeroOutputForMask) = (true, true)
    let mask = Tensor(.bool, [2, 3], integers: [1, 1, 0, 1, 1, 1])
    let inputs: [Tensor?] = [
      jumping([2, 3, 8], by: 7, modulo: 11), jumping([2, 8], by: 5, modulo: 13), mask, nil, nil, jumping([6], by: 3, modulo: 7),
    ]
    let found = try op.evaluate(inputs)
    let sequence = [
      0, 0, 0.07383999, 0.01152485, 0.07240476, -0.00995487, -0.00095184, 0.07383999, 0.04590581, 0.06609855, 0.05726013, 0.05142833,
    ]
    #expect(distance(found[0], Tensor(.float32, [2, 3, 2], sequence)) < 1e-6)
    #expect(distance(found[1], Tensor(.float32, [2, 2], [0.07240476, -0.00995487, 0.05726013, 0.05142833])) < 1e-6)
    #expect(distance(found[2], Tensor(.float32, [2, 2], [0.04423389, -0.1376815, 0.11439884, 0.00274168])) < 1e-6)
  }

  @Test func refusesShapesThatDoNotFit() {
    let x = TensorType.floats([2, 3, 8])
    #expect(throws: Diagnostic.self) { try LSTM().infer([x, .floats([2, 4])]) }
    #expect(throws: Diagnostic.self) { try LSTM().infer([x, .floats([3, 12])]) }
    #expect(throws: Diagnostic.self) { try LSTM().infer([x, .floats([2, 8]), TensorType(.bool, [3, 2])]) }
    #expect(throws: Diagnostic.self) { try LSTM().infer([x, .floats([2, 8]), nil, .floats([2, 3])]) }
    var old = GRU()
    old.resetAfter = false
    #expect(throws: Diagnostic.self) { try old.infer([.floats([2, 3, 6]), .floats([2, 6]), nil, nil, .floats([6])]) }
    #expect(throws: Diagnostic.self) { try LSTM().infer([x, .floats([2, 8]), nil, nil, nil, .floats([8])]) }
    var odd = SimpleRNN()
    odd.clip = 0
    #expect(throws: Diagnostic.self) { try odd.infer([x, .floats([8, 8])]) }
    odd.clip = 1
    odd.activation = Activation("add")
    #expect(throws: Diagnostic.self) { try odd.infer([x, .floats([8, 8])]) }
    odd.activation = Activation("tanh", [1])
    #expect(throws: Diagnostic.self) { try odd.infer([x, .floats([8, 8])]) }
  }

  @Test(arguments: cells.indices, [DType.float16, .bfloat16])
  func computesHalvesInSinglePrecision(cell: Int, dtype: DType) throws {
    let op = Self.cells[cell]
    let types = types(op, 2, 3, 5, optional: true).map { type in
      type.map { $0.dtype == .bool ? $0 : TensorType(dtype, $0.shape) }
    }
    let bound = dtype == .float16 ? 1e-3 : 8e-3
    for seed in UInt64(0)..<3 { #expect(try disagreement(op, types, seed: seed) < bound, "seed \(seed), \(op)") }
  }

  @Test(arguments: cells.indices) func multipliesProductsOfWholeNumbersWithTheirSteps(cell: Int) throws {
    let op = Self.cells[cell]
    for units in [1, 5] {
      var types = types(op, 2, 3, units, optional: true)
      guard let position = op.kernelStepsPosition, let columns = types[1]?.shape[1] else { return }
      types[1] = TensorType(.int8, types[1]?.shape ?? [])
      types += [TensorType?](repeating: nil, count: position - types.count) + [.floats([columns])]
      for seed in UInt64(0)..<3 { #expect(try disagreement(op, types, seed: seed) < 1e-5, "seed \(seed), \(op)") }
      types[position] = .floats([columns + 1])
      #expect(throws: Diagnostic.self) { try op.infer(types) }
    }
  }

  /// Columns of the kernel, and units, are independent: a schedule may take both a vector at a time.
  @Test(arguments: cells.indices)
  func bothLoopsOfAStepTakeVectors(cell: Int) throws {
    let op = Self.cells[cell]
    let types = types(op, 2, 3, 8, optional: true)
    var generator = SeededGenerator(5)
    let inputs = types.map { type in type.map { Tensor.random($0.dtype, $0.shape.constants ?? [], using: &generator) } }
    let node = try LoweredNode(op, types)
    let isTogether = (op as? GRU)?.resetAfter == true
    let loops = [isTogether ? "gates_u" : "gates_j", "u"] + (op is GRU && !isTogether ? ["inner_j"] : [])
    let directives = loops.flatMap { [Directive.split($0, by: 4, tail: .mustDivide), .vectorise("\($0)_i")] }
    let found = try node.run(inputs.compactMap { $0 }, kernel: node.kernel.scheduled(directives))
    for (value, wanted) in zip(found, try op.evaluate(inputs)) { #expect(distance(value, wanted) < 1e-5, "\(op)") }
  }

  @Test func countsItsWork() throws {
    let types = types(LSTM(), 1, time, 8, optional: false)
    #expect(LSTM().macs(types, try LSTM().infer(types)) == time * 256)
  }
}
