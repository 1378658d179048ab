import GraphIR
import LoopIR
import Operators
import Tensors

extension Graph {
  /// All that the int32 sums of a node can be, whatever codes it reads: from its weights, or from how many elements it adds. `nil` for
  /// nodes that sum no codes.
  package func sumBounds(of node: Node) -> ClosedRange<Int64>? {
    if let op = node.op as? IntegerRecurrent { return sumBounds(op, node) }
    guard let x = node.inputs.first ?? nil, let codes = codeLimits(x) else { return nil }
    if let op = node.op as? MatMul, op.widens, node.isProductOfValues(in: self), let y = node.inputs[1], let others = codeLimits(y) {
      return op.bounds(type(x).shape, codes, others)
    }
    if let weights = node.inputs.dropFirst().first.flatMap({ $0.flatMap { constants[$0] } }), weights.dtype == .int8,
      let shape = WeightShape(node.op, weights.dims)
    {
      let steps = [Double](repeating: 1, count: shape.outputs)
      return IntegerWeights(weights.integers, weights.dims, steps: steps, codes: codes, shape.output).bounds
    }
    let (before, after) = (type(x).shape.elementCount.constant ?? 0, type(node.outputs[0]).shape.elementCount.constant ?? 1)
    if let op = node.op as? Pool, op.widens { return codes.times(op.size.reduce(1, *)) }
    if let op = node.op as? Reduce, op.widens { return codes.times(before / max(after, 1)) }
    return nil
  }

  /// The least and the greatest code that a value holds, whatever the model reads: what its body limits it to. `nil` where it is no code.
  private func codeLimits(_ id: ValueID) -> ClosedRange<Int>? {
    guard type(id).dtype == .int16 else { return type(id).dtype == .uint8 ? 0...255 : nil }
    var id = id
    while let node = nodes.first(where: { $0.outputs.contains(id) }) {
      if let body = node.epilogue?.body.body ?? node.op.elementwise?.body { return body.limits }
      guard let source = node.handedOnInputs?.first(where: { constants[$0] == nil }) else { break }
      id = source
    }
    return -32768...32767
  }

  /// Of the products of a state, whatever it is.
  private func sumBounds(_ op: IntegerRecurrent, _ node: Node) -> ClosedRange<Int64>? {
    guard let weights = node.inputs[1].flatMap({ constants[$0] }), let columns = type(node.inputs[0] ?? node.outputs[0]).shape[2].constant
    else { return nil }
    let start = node.operatorInputs.count > IntegerRecurrent.startPosition ? node.inputs[IntegerRecurrent.startPosition] : nil
    var least = start.flatMap { constants[$0]?.integers } ?? [Int64](repeating: 0, count: columns)
    var most = least
    for (flat, weight) in weights.integers.enumerated() {
      let column = (op.isPacked ? flat / 4 : flat) % columns
      // What is packed starts from what 32768 more in each factor adds, and has wrapped there.
      if op.isPacked { (least[column], most[column]) = (least[column] + 32768 * weight, most[column] + 32768 * weight) }
      least[column] += min(weight * 32767, weight * -32768)
      most[column] += max(weight * 32767, weight * -32768)
    }
    return (least.min() ?? 0)...(most.max() ?? 0)
  }
}

extension MatMul {
  /// Of sums of products of two values within these limits, the first of which has that shape; `nil` where that is open.
  func bounds(_ shape: Shape, _ a: ClosedRange<Int>, _ b: ClosedRange<Int>) -> ClosedRange<Int64>? {
    guard let count = shape[shape.count - (transposeA ? 2 : 1)].constant else { return nil }
    let (first, second) = ([a.lowerBound - zeroA, a.upperBound - zeroA], [b.lowerBound - zeroB, b.upperBound - zeroB])
    let ends = first.flatMap { p in second.map { Int64(count) * Int64(p * $0) } }
    return (ends.min() ?? 0)...(ends.max() ?? 0)
  }
}

extension Expr {
  /// What a code is limited to at the end of a body; all that its type holds where it is not.
  fileprivate var limits: ClosedRange<Int> {
    switch self {
    case .cast(.int16, .binary(.minimum, .binary(.maximum, _, let least), let most)):
      (least.number ?? -32768)...max(most.number ?? 32767, least.number ?? -32768)
    default: -32768...32767
    }
  }

  private var number: Int? {
    switch self {
    case .int(let value, _): Int(exactly: value)
    case .float(let value, _): Int(exactly: value)
    default: nil
    }
  }
}

extension ClosedRange<Int> {
  fileprivate func times(_ count: Int) -> ClosedRange<Int64> { Int64(lowerBound * count)...Int64(upperBound * count) }
}
