import GraphIR
import Operators
import Tensors

extension Graph {
  /// Takes the channels that the rules choose out of every value, and out of the weights that make or read them.
  mutating func removeChannels(_ rules: [PruningRule]) throws(Diagnostic) {
    let flow = ChannelFlow(self)
    let chosen = try flow.chosen(rules)
    guard !chosen.isEmpty else { return }
    try selectChannels(
      flow.axes.mapValues { axis in
        ChannelSelection(axis, axis.channels.indices.filter { !chosen.contains(flow.representative(axis.channels[$0])) })
      })
  }

  /// Of every value some channels, in an order; the weights and other constants are made to fit.
  mutating func selectChannels(_ selections: [ValueID: ChannelSelection]) throws(Diagnostic) {
    let changed = selections.filter { !$0.value.isWhole }
    for (id, channels) in changed {
      var type = type(id)
      type.shape[channels.axis] = Dim(channels.positions.count)
      setType(id, type)
    }
    for position in nodes.indices { nodes[position] = fitting(changed, nodes[position]) }
    try GraphPass.removeDeadNodes.run(on: &self)
  }

  /// The node with other constants; types are those of afterwards already.
  private mutating func fitting(_ kept: [ValueID: ChannelSelection], _ node: Node) -> Node {
    guard let output = node.outputs.first, let input = node.inputs.first ?? nil else { return node }
    var node = node
    let (before, after) = (kept[input], kept[output])
    switch node.op {
    case let op as MatMul:
      slice(&node, 1, before, axis: op.transposeB ? 1 : 0)
      slice(&node, 1, after, axis: op.transposeB ? 0 : 1)
    case is Convolution, is ConvolutionTranspose:
      slice(&node, 1, before, axis: -2)
      slice(&node, 1, after, axis: -1)
      sliceBias(&node, after)
    case is DepthwiseConvolution:
      slice(&node, 1, before, axis: -2)
      sliceBias(&node, after)
    case let op as Reshape where after != nil: node.op = Reshape(exactly: type(output).shape, verified: op.verified)
    default: break
    }
    let elementwise = node.op.elementwise == nil ? node.operatorInputs.count : 0
    for position in elementwise..<node.inputs.count { sliceOperand(&node, position, after, rank: type(output).rank) }
    return node
  }

  private mutating func sliceBias(_ node: inout Node, _ kept: ChannelSelection?) {
    if node.operatorInputs.count > 2 { slice(&node, 2, kept, axis: 0) }
  }

  /// A constant that is broadcast to a value of `rank` axes.
  private mutating func sliceOperand(_ node: inout Node, _ position: Int, _ kept: ChannelSelection?, rank: Int) {
    guard let kept, let id = node.inputs[position], let tensor = constants[id] else { return }
    let axis = kept.axis - rank + tensor.rank
    if axis >= 0, tensor.dims[axis] != 1 { slice(&node, position, kept, axis: axis) }
  }

  private mutating func slice(_ node: inout Node, _ position: Int, _ kept: ChannelSelection?, axis: Int) {
    guard let kept, node.inputs.indices.contains(position), let id = node.inputs[position], let tensor = constants[id] else { return }
    let name = self[id].name
    node.inputs[position] = addConstant(name, tensor.taking(kept.positions, axis: axis < 0 ? axis + tensor.rank : axis))
  }
}

/// Positions of an axis of channels, in an order.
struct ChannelSelection {
  let axis: Int
  let positions: [Int]
  /// All of them, in the order in which they are.
  let isWhole: Bool

  init(_ axis: ChannelFlow.Axis, _ positions: [Int]) {
    self.axis = axis.axis
    self.positions = positions
    isWhole = positions == Array(axis.channels.indices)
  }
}

extension Tensor {
  /// Some positions of an axis.
  fileprivate func taking(_ positions: [Int], axis: Int) -> Tensor {
    let run = dims[(axis + 1)...].reduce(dtype.byteCount, *)
    var result: [UInt8] = []
    for outer in 0..<dims[..<axis].reduce(1, *) {
      for position in positions {
        let start = (outer * dims[axis] + position) * run
        result += bytes[start..<start + run]
      }
    }
    var dims = dims
    dims[axis] = positions.count
    return Tensor(dtype, dims, bytes: result)
  }
}
