import GraphIR
import LoopIR
import Operators
import Tensors

extension GraphPass {
  package static let sinkMovements = GraphPass(
    "sink-movements",
    "Transposes and reshapes before an elementwise node go behind it, where they may cancel and free the way for epilogues."
  ) { (graph) throws(Diagnostic) in
    try graph.edit { (editor, node) throws(Diagnostic) in
      guard node.op is Map, node.epilogue == nil else { return editor.place(node) }
      if try editor.sinkTranspose(node) { return }
      if try editor.sinkReshape(node) { return }
      editor.place(node)
    }
  }
}

extension Editor {
  /// All inputs are transposed alike, or are constants that can be transposed back.
  fileprivate mutating func sinkTranspose(_ node: Node) throws(Diagnostic) -> Bool {
    let inputs = node.inputs.compactMap { $0 }
    let shape = type(node.outputs[0]).shape
    let orders = inputs.compactMap { isReadHereOnly($0) ? transposition(producer(of: $0))?.order : nil }
    guard let order = orders.first, orders.allSatisfy({ $0 == order }), order.count == shape.count else { return false }
    guard inputs.contains(where: { type($0).shape == shape && transposition(producer(of: $0)) != nil }) else { return false }
    guard inputs.allSatisfy({ constant($0) != nil || isReadHereOnly($0) && transposition(producer(of: $0)) != nil }) else { return false }
    var sources: [ValueID] = []
    for id in inputs {
      if let transposed = transposition(producer(of: id)) {
        sources.append(transposed.source)
      } else {
        let full = Shape(repeating: 1, count: shape.count - type(id).rank) + type(id).shape
        sources.append(try transpose(reshape(id, to: full), order.inverse))
      }
    }
    for id in inputs { removeProducer(of: id) }
    try place(node, on: sources, then: Transpose(order))
    return true
  }

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
    try place(node, on: sources, then: Reshape(exactly: shape))
    return true
  }

  /// Places the map on other values, and behind it the movement, which takes over the output.
  private mutating func place(_ node: Node, on sources: [ValueID], then movement: any Operator) throws(Diagnostic) {
    let moved = try add(node.op, sources, name: node.name + ".unmoved", label: node.label)
    place(Node(name: node.name, op: movement, inputs: [moved], outputs: node.outputs))
  }
}
