import GraphIR
import LoopIR
import Operators
import Tensors

extension GraphPass {
  package static let sinkMovements = GraphPass(
    "sink-movements",
    "Transposes and reshapes go behind nodes that let them through, where they may cancel and free the way for epilogues."
  ) { (graph) throws(Diagnostic) in
    let wanted = WantedOrders(graph)
    try graph.edit { (editor, node) throws(Diagnostic) in
      guard node.epilogue == nil else { return editor.place(node) }
      if try editor.sinkTranspose(node, wanted) { return }
      if node.op is Map, try editor.sinkReshape(node) { return }
      editor.place(node)
    }
  }
}

extension Editor {
  /// One input is reshaped, and the others have a meaning under its old shape too.
  fileprivate mutating func sinkReshape(_ node: Node) throws(Diagnostic) -> Bool {
    let inputs = node.inputs.compactMap { $0 }
    let shape = type(node.outputs[0]).shape
    let first = inputs.first { isReadHereOnly($0) && type($0).shape == shape && reshaped(producer(of: $0)) != nil }
    guard let first, let source = reshaped(producer(of: first)) else { return false }
    let old = type(source).shape
    let tail = zip(old.reversed(), shape.reversed()).prefix { $0 == $1 }.count
    let takesEpilogue = producer(of: source)?.op.acceptsEpilogue == true
    let fits = inputs.allSatisfy { id in
      let own = type(id).shape
      let isReshaped = own == shape && (isReadHereOnly(id) && reshaped(producer(of: id)) != nil || takesEpilogue || constant(id) != nil)
      return isReshaped || own.count <= tail || own.count <= old.count && own.allSatisfy { $0 == 1 }
    }
    guard fits else { return false }
    var sources: [ValueID] = []
    for id in inputs {
      if isReadHereOnly(id), let source = reshaped(producer(of: id)), type(source).shape == old {
        sources.append(source)
      } else {
        sources.append(type(id).shape == shape && shape.count > tail ? try reshape(id, to: old) : id)
      }
    }
    for id in inputs where !sources.contains(id) && isReadHereOnly(id) && reshaped(producer(of: id)) != nil { removeProducer(of: id) }
    try place(node, node.op, on: sources, then: Reshape(exactly: shape))
    return true
  }

  /// Places `op` for the node's on other values, and behind it the movement, which takes over the output.
  mutating func place(
    _ node: Node, _ op: any Operator, on sources: [ValueID], then movement: any Operator
  ) throws(Diagnostic) {
    let moved = try add(op, sources, name: node.name + ".unmoved", label: node.label)
    place(Node(name: node.name, op: movement, inputs: [moved], outputs: node.outputs))
  }
}
