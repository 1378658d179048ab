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
    try graph.edit { (editor, node) throws(Diagnostic) in editor.place(try editor.narrowed(node) ?? node) }
  }
}

extension Editor {
  /// Below, what is saved is less than what the steps take.
  private static let fewestWeights = 256

  /// The node with whole numbers as weights. Its epilogue begins with the steps, and with the bias that the operator had.
  fileprivate mutating func narrowed(_ node: Node) throws(Diagnostic) -> Node? {
    guard node.inputs.count > 1, let id = node.inputs[1], let weights = constant(id), weights.dtype == .float32 else { return nil }
    guard let (channels, channel) = node.op.outputChannels(weights.dims), weights.dims.reduce(1, *) >= Editor.fewestWeights else {
      return nil
    }
    let narrow = IntegerWeights(weights, channels: channels, channel: channel, leastSteps: [Double](repeating: 0, count: channels))
    var shared = SharedInputs(in: graph, first: 1)
    let epilogue = shared.epilogue(node, result: .float32)
    var operands = shared.ids
    func operand(_ id: ValueID) -> Expr {
      operands.append(id)
      return ElementwiseBody.input(operands.count, .float32)
    }
    let steps = addConstant(graph[id].name + ".steps", Tensor(.float32, [channels], narrow.steps))
    var sum = ElementwiseBody.input(0, .float32) * operand(steps)
    if node.operatorInputs.count > 2, let bias = node.operatorInputs[2] { sum = sum + operand(bias) }
    var result = node
    result.inputs = [node.inputs[0], addConstant(graph[id].name + ".int8", narrow.tensor)] + operands
    result.epilogue = Epilogue(ElementwiseBody(epilogue.substituting(["x0": sum])), operandCount: operands.count)
    return result
  }
}

extension Operator {
  /// Of an operator that takes weights as its second input and is linear in them: how many channels it gives, and to which of them a
  /// weight belongs; `nil` for others.
  fileprivate func outputChannels(_ dims: [Int]) -> (count: Int, of: (Int) -> Int)? {
    switch self {
    case let op as MatMul where op.transposeB && dims.count == 2: return (dims[0], { $0 / Swift.max(dims[1], 1) })
    case let op as MatMul where !op.transposeB && dims.count == 2: return (dims[1], { $0 % dims[1] })
    case is Convolution: return (dims[dims.count - 1], { $0 % dims[dims.count - 1] })
    case is DepthwiseConvolution:
      let count = dims[dims.count - 2] * dims[dims.count - 1]
      return (count, { $0 % count })
    default: return nil
    }
  }
}
