import GraphIR
import LoopIR
import Operators
import Tensors

extension Graph {
  /// The node as a map of `inputs`, if that has the type of the node's output.
  func rewritten(_ node: Node, _ body: Expr, _ inputs: [ValueID]) -> Node? {
    let map = Map(ElementwiseBody(body), inputCount: inputs.count)
    guard let inferred = try? map.infer(types(inputs)), inferred[0].shape == type(node.outputs[0]).shape else { return nil }
    var copy = node
    copy.label = node.shownLabel
    copy.op = map
    copy.inputs = inputs
    copy.epilogue = nil
    return copy
  }

  /// The node with another epilogue over `operands`.
  func rewritten(_ node: Node, epilogue: Expr, _ operands: [ValueID]) -> Node {
    var copy = node
    copy.inputs = node.operatorInputs + operands
    let isIdentity = epilogue == ElementwiseBody.input(0, epilogue.dtype)
    copy.epilogue = isIdentity ? nil : Epilogue(ElementwiseBody(epilogue), operandCount: operands.count)
    return copy
  }

  /// The type of an operator's first output before its epilogue.
  func resultType(_ node: Node) throws(Diagnostic) -> DType { try node.op.infer(types(node.operatorInputs))[0].dtype }
}
