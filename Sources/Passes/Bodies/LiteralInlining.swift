import GraphIR
import LoopIR
import Operators
import Tensors

extension GraphPass {
  package static let inlineLiterals = GraphPass(
    "inline-literals", "Constants whose elements are all one number become literals in the elementwise bodies that read them."
  ) { (graph) throws(Diagnostic) in
    let literals = graph.constants.compactMapValues(\.literal)
    for position in graph.nodes.indices { graph.nodes[position] = try graph.inlined(literals, into: graph.nodes[position]) }
  }
}

extension Graph {
  fileprivate func inlined(_ literals: [ValueID: Expr], into node: Node) throws(Diagnostic) -> Node {
    if let body = node.op.elementwise { return inlined(literals, into: node, body) }
    guard node.epilogueInputs.contains(where: { literals[$0] != nil }) else { return node }
    var shared = SharedInputs(in: self, first: 1)
    let epilogue = shared.epilogue(node, result: try resultType(node), replacing: literals)
    return rewritten(node, epilogue: epilogue, shared.ids)
  }

  /// One after the other, and only those without which the output has the same shape.
  private func inlined(_ literals: [ValueID: Expr], into node: Node, _ body: ElementwiseBody) -> Node {
    var inlined: [ValueID: Expr] = [:]
    var result = node
    for case let id? in node.inputs where inlined[id] == nil && literals[id] != nil {
      var shared = SharedInputs(in: self)
      var attempt = inlined
      attempt[id] = literals[id]
      let expression = shared.expression(node, body, replacing: attempt)
      guard let rewritten = rewritten(node, expression, shared.ids) else { continue }
      (inlined, result) = (attempt, rewritten)
    }
    return result
  }
}

extension Tensor {
  /// The number that all elements are, if they are one and C can write it.
  fileprivate var literal: Expr? {
    let size = dtype.byteCount
    guard count > 0, bytes.dropFirst(size).elementsEqual(bytes.dropLast(size)) else { return nil }
    let element = Tensor(dtype, [1], bytes: Array(bytes.prefix(size)))
    guard dtype.isFloat else { return .int(element.integers[0], dtype) }
    return element.doubles[0].isFinite ? .float(element.doubles[0], dtype) : nil
  }
}
