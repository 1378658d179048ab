import GraphIR
import Operators
import Tensors

/// A recurrent layer on integers: the operator and the constants that it reads.
struct IntegerCell {
  private(set) var op: IntegerRecurrent
  let weights: Tensor
  private(set) var multipliers = Tensor(.int32, [0], [])
  /// Of the sums, where they do not start from zero.
  private(set) var start: Tensor?
  /// Positions of the initial states among the inputs of the layer on floats.
  let initialStates: Range<Int>

  /// Why a recurrent layer has no form on integers.
  struct Refusal: Error {
    let reason: String
  }

  /// `peaks` are the largest magnitudes that calibration saw, by name of the value and index of its last axis.
  init(_ node: Node, in graph: Graph, _ peaks: [String: [Double]]) throws(Refusal) {
    let own = Array(node.operatorInputs)
    guard let x = own[0], let kernel = own[1].flatMap({ graph.constants[$0] }) else { throw Refusal(reason: "its weights are computed") }
    guard graph.type(x).dtype == .float32, kernel.dtype == .float32, kernel.count > 0, kernel.doubles.allSatisfy(\.isFinite) else {
      throw Refusal(reason: "it is no layer of finite float32")
    }
    op = try IntegerCell.form(node, own)
    initialStates = 3..<3 + op.cell.stateCount
    let bias = try IntegerCell.bias(node, own, graph)
    let seen = { (id: ValueID) in peaks[graph[graph.columnsSource(id)].name].flatMap { $0.isEmpty ? nil : $0 } }
    guard let inputs = seen(x), inputs.count == kernel.dims[1] else { throw Refusal(reason: "calibration has not seen its input") }
    let units = kernel.dims[0]
    op.inputBits = (0..<op.cell.gateCount).map { gate in
      IntegerCell.bits(holding: inputs[gate * units..<(gate + 1) * units].max() ?? 0, most: 14)
    }
    let cells = node.outputs.count > 2 ? peaks[graph.cellSteps(node)]?.max() : nil
    op.stateBits = try IntegerCell.stateBits(op, node, graph, seen, cells: cells)
    guard op.inputBits.allSatisfy({ $0 >= 2 }), op.stateBits.allSatisfy({ $0 >= 0 }) else {
      throw Refusal(reason: "its values are too large")
    }
    (op, weights, multipliers, start) = try IntegerCell.scaled(op, kernel, bias)
  }

  /// The operator but for the bits.
  private static func form(_ node: Node, _ inputs: [ValueID?]) throws(Refusal) -> IntegerRecurrent {
    var made = IntegerRecurrent()
    switch node.op {
    case let op as SimpleRNN:
      (made.cell, made.activation, made.clip) = (.simple, op.activation, op.clip)
      (made.goBackwards, made.zeroOutputForMask) = (op.goBackwards, op.zeroOutputForMask)
    case let op as GRU:
      (made.cell, made.activation, made.clip) = (op.resetAfter ? .gru : .gruResettingBefore, op.activation, op.clip)
      (made.goBackwards, made.zeroOutputForMask, made.recurrentActivation) = (op.goBackwards, op.zeroOutputForMask, op.recurrentActivation)
    case let op as LSTM:
      guard inputs.count < 6 || inputs[5] == nil else { throw Refusal(reason: "no integer form of peepholes") }
      (made.cell, made.activation, made.clip, made.couplesGates) = (.lstm, op.activation, op.clip, op.couplesGates)
      (made.goBackwards, made.zeroOutputForMask, made.recurrentActivation) = (op.goBackwards, op.zeroOutputForMask, op.recurrentActivation)
      made.outputActivation = op.outputActivation.name.isEmpty ? op.activation : op.outputActivation
    default: throw Refusal(reason: "no integer form of \(node.shownLabel)")
    }
    let used = [made.activation] + (made.cell == .simple ? [] : [made.recurrentActivation, made.outputActivation])
    for activation in used where IntegerActivation(activation) == nil {
      throw Refusal(reason: "no integer form of the activation \(activation.name)")
    }
    guard made.cell == .simple || IntegerActivation(made.recurrentActivation)?.isGate ?? false else {
      throw Refusal(reason: "no integer form of gates by \(made.recurrentActivation.name)")
    }
    return made
  }

  /// What a GRU adds to its products.
  private static func bias(_ node: Node, _ inputs: [ValueID?], _ graph: Graph) throws(Refusal) -> [Double]? {
    guard node.op is GRU, inputs.count > 4, let id = inputs[4] else { return nil }
    guard let tensor = graph.constants[id], tensor.doubles.allSatisfy(\.isFinite) else { throw Refusal(reason: "its bias is computed") }
    return tensor.doubles
  }

  /// As many bits of fraction as leave room for twice the peak.
  private static func bits(holding peak: Double, most: Int) -> Int {
    var bits = most
    while bits >= 0, 2 * peak * Double(Int64(1) << bits) > 32767 { bits -= 1 }
    return bits
  }

  private static func stateBits(
    _ op: IntegerRecurrent, _ node: Node, _ graph: Graph, _ seen: (ValueID) -> [Double]?, cells: Double?
  ) throws(Refusal) -> [Int] {
    let peaks = (0..<op.cell.stateCount).map { position in
      let given = node.operatorInputs.count > 3 + position ? node.inputs[3 + position] : nil
      let initial = given.flatMap { graph.constants[$0]?.doubles.map(\.magnitude).max() ?? seen($0)?.max() }
      return max(initial ?? 0, seen(node.outputs[1 + position])?.max() ?? 0)
    }
    let first = op.cell == .lstm ? op.outputActivation : op.activation
    let isBounded = IntegerActivation(first).map { $0.isBounded } ?? false
    let steps = max(peaks[0], seen(node.outputs[0])?.max() ?? 0)
    let bits = isBounded && peaks[0] <= 1 ? 15 : IntegerCell.bits(holding: steps, most: 15)
    if op.cell != .lstm { return [bits] }
    guard let cells else { throw Refusal(reason: "calibration has not seen its cell states") }
    return [bits, IntegerCell.bits(holding: max(cells, peaks[1]), most: 15)]
  }

  /// Weights and multipliers; the first state has fewer bits where sums would exceed 32.
  private static func scaled(
    _ source: IntegerRecurrent, _ kernel: Tensor, _ bias: [Double]?
  ) throws(Refusal) -> (IntegerRecurrent, Tensor, Tensor, Tensor?) {
    var op = source
    let columns = kernel.dims[1]
    let bias = bias ?? [Double](repeating: 0, count: columns)
    while op.stateBits[0] >= min(8, source.stateBits[0]) {
      let unit = 1 / Double(Int64(1) << op.stateBits[0])
      let least = bias.map { abs($0) / (unit * 0x1p28) }
      let weights = IntegerWeights(kernel, channels: columns, channel: { $0 % columns }, leastSteps: least)
      let start = zip(bias, weights.steps).map { ($0 / ($1 * unit)).rounded() }
      let factors = weights.steps.map { $0 * unit * 0x1p16 }
      op.sumShift = Int(IntegerConstants.shift(for: factors.max() ?? 0))
      let sums = weights.magnitudes(columns: columns)
      let reach = zip(start, sums).map { abs($0) + $1 * 32768 }
      let fits = zip(reach, factors).allSatisfy { $0 * Double(Int64(1) << op.sumShift) < 0x1p31 && $0 * $1 < 0x1p30 }
      if fits, op.sumShift < 31 {
        let multipliers = factors.map { ($0 * 0x1p32 / Double(Int64(1) << op.sumShift)).rounded() }
        let hasStart = start.contains { $0 != 0 }
        return (
          op, weights.tensor, Tensor(.int32, [columns], multipliers), hasStart ? Tensor(.int32, [columns], start) : nil
        )
      }
      op.stateBits[0] -= 1
    }
    throw Refusal(reason: "32 bits do not hold its sums")
  }
}

extension IntegerWeights {
  /// Of each column, the sum of the magnitudes.
  fileprivate func magnitudes(columns: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: columns)
    for (flat, weight) in tensor.integers.enumerated() { sums[flat % columns] += Double(weight.magnitude) }
    return sums
  }
}
