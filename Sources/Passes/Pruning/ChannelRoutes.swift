import GraphIR
import Operators
import Tensors

extension ChannelFlow {
  /// The channels of a node that passes on those of its inputs; `nil` where it needs all of them, or there are none.
  mutating func route(_ node: Node, _ graph: Graph) -> Axis? {
    guard let output = node.outputs.first, let input = node.inputs.first ?? nil else { return nil }
    let ids = node.operatorInputs.compactMap { $0 }
    if node.op.elementwise != nil { return joined(ids, as: output, graph, node) }
    if let op = node.op as? Concatenate { return concatenated(ids, op, as: output, graph, node) }
    guard let axis = axes[input] else { return nil }
    let (x, y) = (graph.type(input).shape, graph.type(output).shape)
    switch node.op {
    case is DepthwiseConvolution: return multiplied(axis, node, graph)
    case is Pool, is AdaptivePool: return axis.axis == x.count - 1 ? axis : nil
    case let op as Pad: return op.before[axis.axis] == 0 && op.after[axis.axis] == 0 ? axis : nil
    case let op as Resample: return (op.axis + x.count) % x.count == axis.axis ? nil : axis
    case let op as Reduce: return reduced(axis, op, rank: x.count)
    case let op as Transpose:
      let order = op.permutation.isEmpty ? Array(x.indices.reversed()) : op.permutation.map { ($0 + x.count) % x.count }
      return order.firstIndex(of: axis.axis).map { Axis(axis: $0, channels: axis.channels) }
    case is Reshape: return reshaped(axis, x, y)
    default: return nil
    }
  }

  private mutating func concatenated(_ ids: [ValueID], _ op: Concatenate, as output: ValueID, _ graph: Graph, _ node: Node) -> Axis? {
    let rank = graph.type(output).rank
    let along = (op.axis + rank) % rank
    guard ids.contains(where: { axes[$0]?.axis == along }) else { return joined(ids, as: output, graph, node) }
    var channels: [Int] = []
    for id in ids {
      if axes[id] == nil, let extent = graph.type(id).shape[along].constant {
        axes[id] = Axis(axis: along, channels: newChannels(extent))
        keep(id, "they are no channels of a layer")
      }
      guard let axis = axes[id], axis.axis == along else { return nil }
      channels += axis.channels
    }
    return Axis(axis: along, channels: channels)
  }

  /// Each channel makes as many as the weights of a depthwise convolution have columns.
  private func multiplied(_ axis: Axis, _ node: Node, _ graph: Graph) -> Axis? {
    guard let weights = node.inputs[1].flatMap({ graph.constants[$0] }), axis.axis == weights.rank - 1 else { return nil }
    guard node.operatorInputs.dropFirst(2).allSatisfy({ $0.map { graph.constants[$0] != nil } ?? true }) else { return nil }
    return Axis(axis: axis.axis, channels: axis.channels.flatMap { [Int](repeating: $0, count: weights.dims[weights.rank - 1]) })
  }

  private func reduced(_ axis: Axis, _ op: Reduce, rank: Int) -> Axis? {
    let gone = Set(op.axes.isEmpty ? Array(0..<rank) : op.axes.map { ($0 + rank) % rank })
    guard !gone.contains(axis.axis) else { return nil }
    return op.keepDims ? axis : Axis(axis: axis.axis - gone.count { $0 < axis.axis }, channels: axis.channels)
  }

  /// The axis stays as it is, or it is flattened together with its neighbours.
  private func reshaped(_ axis: Axis, _ x: Shape, _ y: Shape) -> Axis? {
    let head = zip(x, y).prefix { $0 == $1 }.count
    let tail = min(zip(x.reversed(), y.reversed()).prefix { $0 == $1 }.count, x.count - head, y.count - head)
    if axis.axis < head { return axis }
    if axis.axis >= x.count - tail { return Axis(axis: axis.axis + y.count - x.count, channels: axis.channels) }
    let (before, after) = (x[head..<x.count - tail].map(\.constant), y[head..<y.count - tail].map(\.constant))
    guard !before.contains(nil), !after.contains(nil), let target = after.firstIndex(where: { $0 != 1 }) else { return nil }
    guard after.count(where: { $0 != 1 }) == 1, let extent = after[target] else { return nil }
    let inner = before[(axis.axis - head + 1)...].reduce(1) { $0 * ($1 ?? 1) }
    return Axis(axis: head + target, channels: (0..<extent).map { axis.channels[$0 / inner % axis.channels.count] })
  }
}
