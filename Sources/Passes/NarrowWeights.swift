import GraphIR
import LoopIR
import Operators
import Tensors

extension GraphPass {
  /// Before layouts and algorithms are chosen.
  package static let narrowWeights = GraphPass(
    "narrow-weights", "Weights of products become int8 with a step for each output channel; everything is computed with floats.",
    .within(0.05)
  ) { (graph) throws(Diagnostic) in
    try graph.edit { (editor, node) throws(Diagnostic) in editor.place(editor.narrowed(node) ?? node) }
  }

  /// Before what is left becomes int8.
  package static let groupWeights = GraphPass(
    "group-weights",
    "Weights of products become integers of four bits, with a scale for each group of inputs; everything is computed with floats.",
    .within(0.5)
  ) { (graph) throws(Diagnostic) in
    try graph.edit { (editor, node) throws(Diagnostic) in editor.place(editor.grouped(node) ?? node) }
  }
}

extension Editor {
  /// Below, what is saved is less than what the steps take.
  private static let fewestWeights = 256

  /// The float weights of a layer, if they are worth narrowing.
  private func wideWeights(_ node: Node) -> (id: ValueID, tensor: Tensor)? {
    guard node.isLayer, node.inputs.count > 1, let id = node.inputs[1], let tensor = constant(id) else { return nil }
    guard tensor.dtype == .float32, tensor.count >= Editor.fewestWeights, !(node.op is MatMul) || tensor.rank == 2 else { return nil }
    return (id, tensor)
  }

  /// The node with whole numbers as weights.
  fileprivate mutating func narrowed(_ node: Node) -> Node? {
    guard let (id, weights) = wideWeights(node), let shape = WeightShape(node.op, weights.dims) else { return nil }
    let steps = [Double](repeating: 0, count: shape.outputs)
    let narrow = IntegerWeights(weights, channels: shape.outputs, channel: shape.output, leastSteps: steps)
    return scaled(node, node.op, [addConstant(graph[id].name + ".int8", narrow.tensor)], by: narrow.steps)
  }

  /// The node with whole numbers of four bits as weights.
  fileprivate mutating func grouped(_ node: Node) -> Node? {
    guard let (id, weights) = wideWeights(node), let op = node.op.grouped(weights) else { return nil }
    let grouped = GroupedWeights(weights)
    let name = graph[id].name
    let tensors = [addConstant(name + ".int4", grouped.codes), addConstant(name + ".scales", grouped.scales)]
    return scaled(node, op, tensors, by: grouped.steps)
  }

  /// The node over other weights. Its epilogue begins with the steps of output channels, and with the bias that the operator had.
  private mutating func scaled(_ node: Node, _ op: any Operator, _ weights: [ValueID], by steps: [Double]) -> Node {
    var shared = SharedInputs(in: graph, first: 1)
    let epilogue = shared.epilogue(node, result: .float32)
    var operands = shared.ids
    func operand(_ id: ValueID) -> Expr {
      operands.append(id)
      return ElementwiseBody.input(operands.count, .float32)
    }
    let steps = addConstant(graph[weights[0]].name + ".steps", Tensor(.float32, [steps.count], steps))
    var sum = ElementwiseBody.input(0, .float32) * operand(steps)
    if node.operatorInputs.count > 2, let bias = node.operatorInputs[2] { sum = sum + operand(bias) }
    var result = node
    result.op = op
    result.inputs = [node.inputs[0]] + weights + operands
    result.epilogue = Epilogue(ElementwiseBody(epilogue.substituting(["x0": sum])), operandCount: operands.count)
    return result
  }
}
