import GraphIR
import Operators
import Tensors

extension GraphPass {
  package static let mergeMovements = GraphPass(
    "merge-movements", "A transpose of a transpose, or a reshape of a reshape, becomes one or none."
  ) { (graph) throws(Diagnostic) in
    try graph.edit { (editor, node) throws(Diagnostic) in
      let merged = editor.mergedReshape(node) ?? editor.mergedTranspose(node)
      guard let merged, let source = merged.inputs[0] else { return editor.place(node) }
      let isIdentity = editor.type(source) == editor.type(node.outputs[0])
      guard isIdentity, merged.op is Reshape || merged.op.isIdentity, editor.mayReplace(node.outputs[0], by: source) else {
        return editor.place(merged)
      }
      editor.replace(node.outputs[0], by: source)
    }
  }
}

extension Editor {
  /// A chain of nodes that keep the order of the elements as one reshape from where the chain begins.
  fileprivate func mergedReshape(_ node: Node) -> Node? {
    guard var source = reshaped(node) else { return nil }
    while let earlier = reshaped(producer(of: source)) { source = earlier }
    let shape = type(node.outputs[0]).shape
    var merged = node
    (merged.op, merged.inputs) = (Reshape(exactly: shape), [source])
    return merged
  }

  fileprivate func mergedTranspose(_ node: Node) -> Node? {
    guard var (source, order) = transposition(node) else { return nil }
    while let earlier = transposition(producer(of: source)) {
      (source, order) = (earlier.source, order.map { earlier.order[$0] })
    }
    var merged = node
    (merged.op, merged.inputs) = (Transpose(order), [source])
    return merged
  }
}

extension Operator {
  fileprivate var isIdentity: Bool {
    guard let transpose = self as? Transpose else { return false }
    return transpose.permutation == Array(transpose.permutation.indices)
  }
}
