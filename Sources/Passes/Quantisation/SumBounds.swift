import GraphIR
import Operators
import Tensors

extension Graph {
  /// All that the int32 sums of a node can be, whatever codes it reads: from its weights, or from how many elements it adds. `nil` for
  /// nodes that sum no codes.
  package func sumBounds(of node: Node) -> ClosedRange<Int64>? {
    if let op = node.op as? IntegerRecurrent { return sumBounds(op, node) }
    guard let x = node.inputs.first ?? nil, type(x).dtype == .uint8 else { return nil }
    if let op = node.op as? MatMul, op.widens, node.isProductOfValues(in: self) { return op.bounds(type(x).shape) }
    if let weights = node.inputs.dropFirst().first.flatMap({ $0.flatMap { constants[$0] } }), weights.dtype == .int8,
      let shape = WeightShape(node.op, weights.dims)
    {
      var (least, most) = ([Int64](repeating: 0, count: shape.outputs), [Int64](repeating: 0, count: shape.outputs))
      for (flat, weight) in weights.integers.enumerated() {
        if weight < 0 { least[shape.output(flat)] += weight * 255 } else { most[shape.output(flat)] += weight * 255 }
      }
      return (least.min() ?? 0)...(most.max() ?? 0)
    }
    let (before, after) = (type(x).shape.elementCount.constant ?? 0, type(node.outputs[0]).shape.elementCount.constant ?? 1)
    if let op = node.op as? Pool, op.widens { return 0...Int64(op.size.reduce(255, *)) }
    if let op = node.op as? Reduce, op.widens { return 0...Int64(before / max(after, 1) * 255) }
    return nil
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
  /// Of sums of products of two values of uint8, the first of which has that shape; `nil` where that is open.
  func bounds(_ shape: Shape) -> ClosedRange<Int64>? {
    guard let count = shape[shape.count - (transposeA ? 2 : 1)].constant else { return nil }
    let ends = [-zeroA, 255 - zeroA].flatMap { p in [-zeroB, 255 - zeroB].map { Int64(count * p * $0) } }
    return (ends.min() ?? 0)...(ends.max() ?? 0)
  }
}
