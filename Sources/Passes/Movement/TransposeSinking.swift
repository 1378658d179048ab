import GraphIR
import LoopIR
import Operators
import Tensors

/// The orders in which values are read through transpositions, whether at once or behind nodes that let transpositions through.
struct WantedOrders {
  private var orders: [ValueID: Set<[Int]>] = [:]

  init(_ graph: Graph) {
    for node in graph.nodes.reversed() where node.epilogue == nil {
      guard let input = node.inputs.first ?? nil else { continue }
      if let op = node.op as? Transpose {
        orders[input, default: []].insert(op.order(graph.type(input).rank))
      } else if node.op.axesMoved(by: Array(0..<graph.type(input).rank)) != nil, let wanted = orders[node.outputs[0]] {
        for case let id? in node.inputs { orders[id, default: []].formUnion(wanted) }
      }
    }
  }

  func contains(_ order: [Int], of id: ValueID) -> Bool { orders[id]?.contains(order) == true }
}

extension Operator {
  /// The operator that computes from inputs whose axis `order[a]` was axis `a` what this one does, and the order that brings its
  /// result back; `nil` where it cannot be told.
  fileprivate func axesMoved(by order: [Int]) -> (op: any Operator, back: [Int])? {
    let rank = order.count
    switch self {
    case is Map: return (self, order)
    case let op as Concatenate: return (Concatenate(axis: order[op.axis < 0 ? op.axis + rank : op.axis]), order)
    case let op as Pad where op.before.count == rank && op.after.count == rank:
      var moved = op
      for (axis, from) in order.enumerated() { (moved.before[from], moved.after[from]) = (op.before[axis], op.after[axis]) }
      return (moved, order)
    case let op as Reduce where !op.axes.isEmpty:
      var moved = op
      let axes = op.axes.map { $0 < 0 ? $0 + rank : $0 }
      moved.axes = axes.map { order[$0] }.sorted()
      return (moved, op.keepDims ? order : order.indices.filter { !axes.contains($0) }.map { order[$0] }.ranks)
    default: return nil
    }
  }
}

extension [Int] {
  /// For each number how many of the others are smaller.
  fileprivate var ranks: [Int] { map { number in count { $0 < number } } }
}

extension Editor {
  /// Lets transpositions of the inputs through, where all are transposed alike, are constants, or may be transposed for nothing; and where
  /// no more transpositions are left than before: one is read here only, or one behind the node undoes it.
  mutating func sinkTranspose(_ node: Node, _ wanted: WantedOrders) throws(Diagnostic) -> Bool {
    let inputs = node.inputs.compactMap { $0 }
    let orders = inputs.compactMap { transposition(producer(of: $0))?.order }
    guard inputs.count == node.inputs.count, let order = orders.first, let moved = node.op.axesMoved(by: order) else { return false }
    guard inputs.allSatisfy({ isMovable($0, order, rank: order.count, broadcasts: node.op is Map) }) else { return false }
    let transposed = inputs.filter { transposition(producer(of: $0)) != nil }
    let isUndone = moved.back == Array(moved.back.indices) || wanted.contains(moved.back.inverse, of: node.outputs[0])
    guard isUndone || transposed.contains(where: isReadHereOnly) else { return false }
    var sources: [ValueID] = []
    for id in inputs { sources.append(try untransposed(id, order)) }
    for id in transposed where isReadHereOnly(id) { removeProducer(of: id) }
    try place(node, moved.op, on: sources, then: Transpose(moved.back))
    return true
  }

  private func isMovable(_ id: ValueID, _ order: [Int], rank: Int, broadcasts: Bool) -> Bool {
    guard type(id).rank == rank || broadcasts && type(id).rank < rank else { return false }
    if constant(id) != nil { return true }
    if let own = transposition(producer(of: id))?.order { return own == order }
    let full = filled(type(id), to: rank)
    return Transpose(order.inverse).aliasing([full], [full]) == .sameElements
  }

  /// The value as it was before the axes took this order.
  private mutating func untransposed(_ id: ValueID, _ order: [Int]) throws(Diagnostic) -> ValueID {
    if let (source, own) = transposition(producer(of: id)), own == order { return source }
    return try transpose(reshape(id, to: filled(type(id), to: order.count).shape), order.inverse)
  }

  /// With extents of 1 in front.
  private func filled(_ type: TensorType, to rank: Int) -> TensorType {
    TensorType(type.dtype, Shape(repeating: 1, count: rank - type.rank) + type.shape)
  }
}
