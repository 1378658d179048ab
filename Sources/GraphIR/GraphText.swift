import Tensors

extension Graph: CustomStringConvertible {
  /// One line for each input, constant, node and output: what `inspect` and `--dump-after` print.
  package var description: String {
    var lines = ["graph \"\(printable(name))\""]
    lines += dims.sorted { $0.key < $1.key }.map {
      "  dim \(printable($0.key)) in \($0.value.lowerBound)...\($0.value.upperBound)\(origin($0.key))"
    }
    lines += inputs.map { "  input \(shown($0)): \(type($0))" }
    lines += states.map { "  state \(shown($0.input)): \(type($0.input)) becomes \(shown($0.output))" }
    lines += constants.keys.sorted().map { "  constant \(shown($0)): \(type($0))" }
    lines += nodes.map { "  \(line($0))" }
    lines += outputs.map { "  output \(printable($0.name)) = \(shown($0.value))" }
    return lines.joined(separator: "\n")
  }

  private func origin(_ dim: String) -> String { computedDims[dim].map { " = \(shown($0.value))[\($0.element)]" } ?? "" }

  private func shown(_ id: ValueID?) -> String { id.map { "%\(printable(self[$0].name))" } ?? "_" }

  private func line(_ node: Node) -> String {
    let results = node.outputs.map { "\(shown($0)): \(type($0))" }.joined(separator: ", ")
    let operands = node.operatorInputs.map { shown($0) }.joined(separator: ", ")
    let attributes = node.op.attributeValues.map { "\($0.name)=\($0.value)" }.joined(separator: ", ")
    var line = "\(results) = \(node.op.name)(\(operands))"
    if !attributes.isEmpty { line += " {\(attributes)}" }
    if let body = node.op.elementwise { line += " [\(body.body)]" }
    if let epilogue = node.epilogue {
      line += " then [\(epilogue.body.body)](\(node.epilogueInputs.map { shown($0) }.joined(separator: ", ")))"
    }
    return line
  }
}
