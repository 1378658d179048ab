import GraphIR
import LoopIR
import Operators
import Tensors
import TestSupport
import Testing

private func cell(_ kind: IntegerRecurrent.Cell, flag: Bool = false, packed: Bool = false) -> IntegerRecurrent {
  var op = IntegerRecurrent()
  (op.cell, op.isPacked, op.goBackwards, op.zeroOutputForMask) = (kind, packed, flag, flag)
  op.inputBits = Array([12, 11, 9, 10].prefix(kind.gateCount))
  op.stateBits = flag ? [13, 11] : [15, 12]
  op.stateBits = Array(op.stateBits.prefix(kind.stateCount))
  (op.sumShift, op.productBits) = flag ? (2, 0) : (7, 5)
  guard flag else { return op }
  (op.activation, op.outputActivation) = (Activation("relu"), Activation("linear"))
  (op.recurrentActivation, op.clip, op.couplesGates) = (Activation("hard_sigmoid", [0.2]), 3.5, true)
  return op
}

/// Inputs of all kinds; `extreme` ones are the ends of int16 and int8.
private func inputs(
  _ op: IntegerRecurrent, rows: Int, steps: Int, units: Int, optional: Bool, extreme: Bool, seed: UInt64
) -> [Tensor?] {
  var generator = SeededGenerator(seed)
  func random(_ dtype: DType, _ dims: [Int], _ range: ClosedRange<Int64>) -> Tensor {
    let numbers = (0..<dims.reduce(1, *)).map { _ in
      extreme ? (Bool.random(using: &generator) ? range.lowerBound : range.upperBound) : Int64.random(in: range, using: &generator)
    }
    return Tensor(dtype, dims, integers: numbers)
  }
  let columns = units * op.cell.gateCount
  let kernel = op.isPacked ? [(units + 3) / 4, 4 * columns] : [units, columns]
  let mask = Tensor(.bool, [rows, steps], integers: (0..<rows * steps).map { $0 % 3 == 1 ? 0 : 1 })
  let states = (0..<op.cell.stateCount).map { _ in random(.int16, [rows, units], -32768...32767) }
  let weights = random(.int8, kernel, -127...127)
  // What fills up a packed kernel is zero.
  let filled = weights.integers.enumerated().map { flat, weight in
    op.isPacked && flat / (4 * columns) * 4 + flat % 4 >= units ? 0 : weight
  }
  let needed: [Tensor?] = [
    random(.int16, [rows, steps, columns], -32768...32767), Tensor(.int8, kernel, integers: filled), optional ? mask : nil,
    Tensor(.int32, [columns], integers: (0..<Int64(columns)).map { (3_000 + 2_003 * $0) % 32768 }), IntegerCurve.tensor,
  ]
  return needed + (optional ? [random(.int32, [columns], -400_000...400_000)] + states : [])
}

struct IntegerRecurrentTests {
  @Test(arguments: IntegerRecurrent.Cell.allCases, [false, true])
  func lowersToItsMeaning(kind: IntegerRecurrent.Cell, flag: Bool) throws {
    for packed in [false, true] { try expectOneMeaning(cell(kind, flag: flag, packed: packed)) }
  }

  private func expectOneMeaning(_ op: IntegerRecurrent) throws {
    for (rows, steps, units) in [(1, 1, 1), (2, 3, 5), (1, 4, 3), (2, 2, 8)] {
      for seed in UInt64(0)..<4 {
        let given = inputs(op, rows: rows, steps: steps, units: units, optional: seed % 2 == 0, extreme: seed > 1, seed: seed)
        let node = try LoweredNode(op, given.map { $0?.type })
        let (expected, actual) = (try op.evaluate(given), try node.run(given.compactMap { $0 }))
        #expect(actual == expected, "\(op), \(units) units, seed \(seed)")
      }
    }
  }

  /// What is packed starts 32768 times the sum of the weights lower.
  @Test(arguments: IntegerRecurrent.Cell.allCases)
  func packedKernelsGiveTheSame(kind: IntegerRecurrent.Cell) throws {
    let (plain, packed, units) = (cell(kind), cell(kind, packed: true), 6)
    for seed in UInt64(0)..<4 {
      var given = inputs(plain, rows: 2, steps: 3, units: units, optional: true, extreme: seed > 1, seed: seed)
      let expected = try plain.evaluate(given)
      let (kernel, columns) = (try #require(given[1]).integers, units * kind.gateCount)
      var (bytes, start) = ([Int64](repeating: 0, count: 8 * columns), try #require(given[5]).integers)
      for (flat, weight) in kernel.enumerated() {
        let (unit, column) = (flat / columns, flat % columns)
        bytes[(unit / 4 * columns + column) * 4 + unit % 4] = weight
        start[column] -= 32768 * weight
      }
      given[1] = Tensor(.int8, [2, 4 * columns], integers: bytes)
      given[5] = Tensor(.int32, [columns], integers: start)
      #expect(try packed.evaluate(given) == expected)
    }
  }

  /// Units and columns are independent: a schedule may take a vector of them at a time, and the pieces of curves with them.
  @Test(arguments: IntegerRecurrent.Cell.allCases, [false, true])
  func loopsOfAStepTakeVectors(kind: IntegerRecurrent.Cell, packed: Bool) throws {
    let op = cell(kind, packed: packed)
    let given = inputs(op, rows: 1, steps: 3, units: 8, optional: true, extreme: false, seed: 9)
    let node = try LoweredNode(op, given.map { $0?.type })
    var loops = ["gates_j", "u"] + (packed ? ["gates_s"] : [])
    if kind == .gruResettingBefore { loops += ["v", "inner_j"] + (packed ? ["inner_s"] : []) }
    let directives = loops.flatMap { [Directive.split($0, by: 4, tail: .mustDivide), .vectorise("\($0)_i")] }
    let found = try node.run(given.compactMap { $0 }, kernel: node.kernel.scheduled(directives))
    #expect(found == (try op.evaluate(given)))
  }

  /// One unit whose kernel is zero and whose state therefore is the function of its input alone, over all of int16 and far beyond.
  @Test(arguments: ["sigmoid", "tanh", "hard_sigmoid"], [2, 9, 13])
  func functionsAreCloserThanTheirBound(name: String, bits: Int) throws {
    var op = cell(.simple)
    (op.activation, op.inputBits, op.productBits) = (Activation(name), [bits], 0)
    let numbers = stride(from: Int64(-32768), through: 32767, by: 7).map { $0 }
    let x = Tensor(.int16, [numbers.count, 1, 1], integers: numbers)
    let zero = Tensor(.int32, [1], integers: [0])
    let found = try result(op, [x, Tensor(.int8, [1, 1], integers: [0]), nil, zero, IntegerCurve.tensor])
    let row = try #require(try? ElementwiseFunction.named(name))
    for (number, value) in zip(numbers, found.integers) {
      let exact = row.meaning([Double(number) / Double(1 << bits)], try row.attributes([:]))
      #expect(abs(Double(value) / 32768 - exact) <= IntegerActivation.largestError, "\(name) of \(number) / 2^\(bits)")
    }
  }

  /// One half of what is in the state before, saturated at either end.
  @Test func statesSaturate() throws {
    var op = cell(.simple)
    (op.activation, op.stateBits, op.inputBits) = (Activation("linear"), [10], [10])
    let x = Tensor(.int16, [1, 3, 1], integers: [30_000, 30_000, -32768])
    let one = Tensor(.int32, [1], integers: [32 << 5])
    // The weight 64 by the multiplier, with 7 bits of the sum moved out, is 16 for a state's step with 15 bits of fraction, a half.
    let found = try result(op, [x, Tensor(.int8, [1, 1], integers: [64]), nil, one])
    #expect(found.integers == [30_000, 32767, -16_385])
    #expect(found.type == TensorType(.int16, [1, 3, 1]))
  }

  @Test func refusesWhatDoesNotFit() {
    let columns = TensorType(.int32, [12])
    let x = TensorType(.int16, [2, 3, 12])
    let good: [TensorType?] = [x, TensorType(.int8, [3, 12]), nil, columns, IntegerCurve.type]
    #expect(throws: Never.self) { try cell(.lstm).infer(good) }
    var bad = good
    bad[1] = TensorType(.int8, [4, 12])
    #expect(throws: Diagnostic.self) { try cell(.lstm).infer(bad) }
    #expect(throws: Diagnostic.self) { try cell(.lstm, packed: true).infer(good) }
    #expect(throws: Diagnostic.self) { try cell(.lstm).infer([x, good[1], nil, columns]) }
    #expect(throws: Diagnostic.self) { try cell(.lstm).infer(good + [nil, TensorType(.int16, [2, 4])]) }
    var odd = cell(.lstm)
    odd.recurrentActivation = Activation("tanh")
    #expect(throws: Diagnostic.self) { try odd.infer(good) }
    odd.recurrentActivation = Activation("softsign")
    #expect(throws: Diagnostic.self) { try odd.infer(good) }
    odd = cell(.lstm)
    odd.inputBits = [1, 12, 12, 12]
    #expect(throws: Diagnostic.self) { try odd.infer(good) }
    odd.inputBits = [12, 12, 12]
    #expect(throws: Diagnostic.self) { try odd.infer(good) }
    odd = cell(.lstm)
    odd.productBits = 10
    #expect(throws: Diagnostic.self) { try odd.infer(good) }
  }

  @Test func countsItsWork() throws {
    let (x, kernel) = (TensorType(.int16, [1, time, 32]), TensorType(.int8, [8, 32]))
    let types: [TensorType?] = [x, kernel, nil, TensorType(.int32, [32]), IntegerCurve.type]
    #expect(cell(.lstm).macs(types, try cell(.lstm).infer(types)) == time * 256)
  }
}
