import Tensors

extension Graph {
  /// What is wrong with the graph itself; passes must leave none of it behind. Empty for a sound graph.
  package func defects() -> [String] {
    var known = Set(inputs).union(constants.keys).union(states.map(\.input))
    var found: [String] = []
    for node in nodes {
      for id in node.inputs.compactMap({ $0 }) where !known.contains(id) {
        found.append("\(node.name) reads \(self[id].name) before it is computed")
      }
      for id in node.outputs where !known.insert(id).inserted { found.append("\(self[id].name) is computed twice") }
      found += typeDefects(node)
    }
    for id in results where !known.contains(id) { found.append("the result \(self[id].name) is never computed") }
    for (id, tensor) in constants where tensor.type.dtype != type(id).dtype || tensor.type.shape != type(id).shape {
      found.append("constant \(self[id].name) holds \(tensor.type), not \(type(id))")
    }
    return found + dimDefects()
  }

  private func typeDefects(_ node: Node) -> [String] {
    do throws(Diagnostic) {
      var inferred = try node.op.infer(types(node.operatorInputs))
      if let epilogue = node.epilogue { inferred[0].dtype = epilogue.body.dtype }
      let declared = node.outputs.map { type($0) }
      let agree = inferred.count == declared.count && zip(inferred, declared).allSatisfy { $0.dtype == $1.dtype && $0.shape == $1.shape }
      return agree ? [] : ["\(node.name) gives \(inferred), not \(declared)"]
    } catch {
      return ["\(node.name): \(error)"]
    }
  }
}
