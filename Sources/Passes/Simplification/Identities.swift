import GraphIR
import LoopIR
import Tensors

extension GraphPass {
  package static let removeIdentities = GraphPass(
    "remove-identities", "Nodes that give their input as it is go: maps of x0, reshapes to the same shape, concatenations of one tensor."
  ) { (graph) throws(Diagnostic) in
    try graph.edit { (editor, node) throws(Diagnostic) in
      guard let source = editor.identitySource(node), editor.mayReplace(node.outputs[0], by: source) else { return editor.place(node) }
      editor.replace(node.outputs[0], by: source)
    }
  }
}

extension Editor {
  /// The input that a node only passes on.
  fileprivate func identitySource(_ node: Node) -> ValueID? {
    guard node.outputs.count == 1, node.epilogue == nil, let source = passedOn(node) else { return nil }
    return type(source) == type(node.outputs[0]) ? source : nil
  }

  private func passedOn(_ node: Node) -> ValueID? {
    let inputs = node.inputs.compactMap { $0 }
    if case .variable(let variable) = node.op.elementwise?.body, let position = Int(variable.name.dropFirst()) { return inputs[position] }
    switch node.op.aliasing(graph.types(node.inputs), node.outputs.map { type($0) }) {
    case .none: return nil
    case .sameElements: return inputs.first
    case .view(let axes): return axes == type(node.outputs[0]).shape.indices.map { ViewAxis($0) } ? inputs.first : nil
    case .concatenation: return inputs.count == 1 ? inputs[0] : nil
    }
  }

  /// A result of the graph keeps a node that computes it: no two results, and no result and input, become one value.
  func mayReplace(_ old: ValueID, by new: ValueID) -> Bool {
    !isResult(old) || producer(of: new) != nil && !isResult(new)
  }
}
