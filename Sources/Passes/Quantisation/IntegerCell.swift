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

  /// `peaks` are the largest magnitudes that calibration saw, by name of the value and index of its last axis. Where `rounding` is known,
  /// the kernel is rounded by it.
  init(_ node: Node, in graph: Graph, _ peaks: [String: [Double]], _ rounding: StateRounding? = nil) throws(Refusal) {
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
    (op, weights, multipliers, start) = try IntegerCell.scaled(op, kernel, bias, rounding)
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

  /// Weights, multipliers and what sums start from; the first state has fewer bits where sums would exceed 32.
  private static func scaled(
    _ source: IntegerRecurrent, _ kernel: Tensor, _ bias: [Double]?, _ rounding: StateRounding?
  ) throws(Refusal) -> (IntegerRecurrent, Tensor, Tensor, Tensor?) {
    var op = source
    let bias = bias ?? [Double](repeating: 0, count: kernel.dims[1])
    while op.stateBits[0] >= min(8, source.stateBits[0]) {
      let unit = 1 / Double(Int64(1) << op.stateBits[0])
      let (weights, drift) = weights(op, kernel, leastSteps: bias.map { abs($0) / (unit * 0x1p28) }, rounding)
      let start = zip(zip(bias, drift), weights.steps).map { ($0.0 + $0.1) / ($1 * unit) }
      let reach = zip(start, weights.magnitudes(columns: bias.count)).map { abs($0) + $1 * 32768 }
      if let made = op.scaled(reach: reach.max() ?? 0, factors: weights.steps.map { $0 * unit }) {
        let starts = start.map { ($0 + made.rounding).rounded() }
        let multipliers = Tensor(.int32, [bias.count], made.multipliers)
        return (made.op, weights.tensor, multipliers, Tensor(.int32, [bias.count], starts))
      }
      op.stateBits[0] -= 1
    }
    throw Refusal(reason: "32 bits do not hold its sums")
  }

  /// The rounded kernel, and what is to be added to the sums for it.
  private static func weights(
    _ op: IntegerRecurrent, _ kernel: Tensor, leastSteps: [Double], _ rounding: StateRounding?
  ) -> (IntegerWeights, [Double]) {
    let columns = kernel.dims[1]
    let nearest = IntegerWeights(kernel, channels: columns, channel: { $0 % columns }, leastSteps: leastSteps)
    guard let rounding else { return (nearest, [Double](repeating: 0, count: columns)) }
    var (integers, drift) = rounding.integers(kernel.doubles, steps: nearest.steps)
    if op.cell == .gruResettingBefore {
      // The candidate's kernel is multiplied with states that gates have made smaller.
      let first = columns / 3 * 2
      for column in first..<columns { drift[column] = 0 }
      let plain = nearest.tensor.integers
      for flat in integers.indices where flat % columns >= first { integers[flat] = plain[flat] }
    }
    return (IntegerWeights(integers, kernel.dims, steps: nearest.steps) { $0 % columns }, drift)
  }
}

extension IntegerRecurrent {
  /// With shifts for sums that reach so far and stand for `factors` each: multipliers, and what is added to sums so that they are rounded to
  /// the nearest where bits are moved out. `nil` where 32 bits do not hold sums or arguments.
  fileprivate func scaled(reach: Double, factors: [Double]) -> (op: IntegerRecurrent, multipliers: [Double], rounding: Double)? {
    var op = self
    // Rounding adds one at most to what is left.
    while op.sumShift <= 16, reach >= 32766 * Double(Int64(1) << op.sumShift) { op.sumShift += 1 }
    guard op.sumShift <= 16 else { return nil }
    let units = factors.count / cell.gateCount
    let unit = Double(Int64(1) << op.sumShift)
    let wanted = factors.indices.map { factors[$0] * unit * Double(Int64(1) << argumentBits($0 / units)) }
    let most = (0..<cell.gateCount).map { inputBits[$0] + 15 - argumentBits($0) }.min() ?? 0
    op.productBits = min(most, 15)
    while op.productBits > 0, (wanted.max() ?? 0) * Double(Int64(1) << op.productBits) > 32767 { op.productBits -= 1 }
    let scale = Double(Int64(1) << op.productBits)
    let multipliers = wanted.map { ($0 * scale).rounded() }
    guard multipliers.allSatisfy({ $0 <= 32767 }) else { return nil }
    return (op, multipliers, unit / 2)
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
