import GraphIR
import LoopIR
import Operators
import Tensors

extension GraphPass {
  package static let inlineBranches = GraphPass(
    // The reference rounds the results of a body, and every node of the graph around it.
    "inline-branches", "Of a node with two branches and a known condition, the nodes of the branch that runs stay.", .within(1e-5)
  ) { (graph) throws(Diagnostic) in
    try graph.edit { (editor, node) throws(Diagnostic) in try editor.placeInlined(node) }
  }
}

extension Editor {
  /// Places the node, or those of the branch that it always takes.
  fileprivate mutating func placeInlined(_ node: Node) throws(Diagnostic) {
    guard case .branch(let then, let otherwise) = node.op.control, let condition = constant(node.inputs[0]) else { return place(node) }
    let body = condition.integers.first != 0 ? then : otherwise
    var values = Dictionary(uniqueKeysWithValues: zip(body.inputs, node.inputs.dropFirst().compactMap { $0 }))
    for id in body.constants.keys.sorted() { values[id] = body.constants[id].map { addConstant(body[id].name, $0) } }
    let computed = Set(body.nodes.flatMap(\.outputs))
    // What a branch computes becomes the result itself, the first time it is one.
    for (output, result) in zip(body.outputs, node.outputs) where computed.contains(output.value) && values[output.value] == nil {
      values[output.value] = result
    }
    for inner in body.nodes {
      for id in inner.outputs where values[id] == nil { values[id] = addValue(body[id].name, body.type(id)) }
      var copy = inner
      copy.inputs = inner.inputs.map { id in id.flatMap { values[$0] }.map(current) }
      copy.outputs = inner.outputs.compactMap { values[$0] }
      try placeInlined(copy)
    }
    for (output, result) in zip(body.outputs, node.outputs) {
      if let value = values[output.value], value != result { passOn(current(value), as: result) }
    }
  }

  /// Makes `result` the same as `value`.
  private mutating func passOn(_ value: ValueID, as result: ValueID) {
    if mayReplace(result, by: value) { return replace(result, by: value) }
    let same = Map(ElementwiseBody(ElementwiseBody.input(0, type(value).dtype)), inputCount: 1)
    place(Node(name: graph[result].name, op: same, inputs: [value], outputs: [result]))
  }
}
