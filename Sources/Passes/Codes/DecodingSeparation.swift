import GraphIR
import LoopIR
import Operators
import Tensors

extension Graph {
  /// Puts what quantises and dequantises behind nodes of its own where the node before only moves elements, and before a concatenation
  /// rather than behind it: both then move codes.
  mutating func separateDecoding() throws(Diagnostic) {
    try edit { (editor, node) throws(Diagnostic) in
      if try editor.placeMovementBeforeItsBody(node) { return }
      if try editor.placeBeforeConcatenation(node) { return }
      editor.place(node)
    }
  }
}

extension Editor {
  fileprivate mutating func placeMovementBeforeItsBody(_ node: Node) throws(Diagnostic) -> Bool {
    guard let epilogue = node.epilogue, Decoding(epilogue.body.body) != nil, node.outputs.count == 1 else { return false }
    var moving = node
    moving.epilogue = nil
    moving.inputs = Array(node.operatorInputs)
    guard moving.handedOnInputs != nil else { return false }
    let type = try node.op.infer(graph.types(node.operatorInputs))[0]
    let value = addValue(node.name + ".moved", type)
    moving.outputs = [value]
    moving.name = graph[value].name
    moving.label = node.op.name
    place(moving)
    place(Node(map: epilogue.body.body, [value] + node.epilogueInputs, name: node.name, label: node.shownLabel, output: node.outputs[0]))
    return true
  }

  private func decodingConcatenation(_ node: Node) -> (Node, Concatenate)? {
    guard let body = node.op.elementwise?.body, Decoding(body) != nil, node.inputs.count == 1, node.epilogue == nil else { return nil }
    guard let id = node.inputs[0], isReadHereOnly(id), let source = producer(of: id), let op = source.op as? Concatenate else { return nil }
    return source.epilogue == nil ? (source, op) : nil
  }

  fileprivate mutating func placeBeforeConcatenation(_ node: Node) throws(Diagnostic) -> Bool {
    guard let (source, op) = decodingConcatenation(node) else { return false }
    removeProducer(of: source.outputs[0])
    var moved = source
    for (position, id) in source.inputs.enumerated() {
      guard let id else { continue }
      moved.inputs[position] = try add(node.op, [id], name: "\(node.name).\(position)", label: node.shownLabel)
    }
    moved.op = op
    moved.name = node.name
    moved.outputs = node.outputs
    place(moved)
    return true
  }
}
