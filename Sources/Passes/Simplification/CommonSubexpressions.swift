import GraphIR
import Tensors

extension GraphPass {
  package static let mergeEqualNodes = GraphPass(
    "merge-equal-nodes", "Of nodes that compute the same from the same inputs, and of equal constants, one stays."
  ) { (graph) throws(Diagnostic) in
    let merged = graph.equalConstants
    var known: [Computation: [ValueID]] = [:]
    let results = graph.results
    try graph.edit { (editor, node) throws(Diagnostic) in
      var node = node
      node.inputs = node.inputs.map { id in id.map { merged[$0] ?? $0 } }
      let computation = Computation(node)
      guard let earlier = known[computation], results.isDisjoint(with: node.outputs) else {
        known[computation] = known[computation] ?? node.outputs
        return editor.place(node)
      }
      for (old, new) in zip(node.outputs, earlier) { editor.replace(old, by: new) }
    }
  }
}

/// What a node computes, apart from its name.
private struct Computation: Hashable {
  let op: AnyHashable
  let inputs: [ValueID?]
  let epilogue: Epilogue?
  /// Tells the literals 0 and -0 apart, which compare as equal.
  let bodies: [String]

  init(_ node: Node) {
    op = AnyHashable(node.op)
    inputs = node.inputs
    epilogue = node.epilogue
    bodies = [node.op.elementwise, epilogue?.body].compactMap { $0?.body.description }
  }
}

extension Graph {
  /// For each constant that has an equal one before it, that one.
  fileprivate var equalConstants: [ValueID: ValueID] {
    var byType: [TensorType: [ValueID]] = [:]
    var merged: [ValueID: ValueID] = [:]
    for id in constants.keys.sorted() {
      let equal = byType[type(id)]?.first { constants[$0] == constants[id] }
      if let equal { merged[id] = equal } else { byType[type(id), default: []].append(id) }
    }
    return merged
  }
}
