import GraphIR
import Operators
import Tensors

extension GraphPass {
  package static let foldConstants = GraphPass(
    "fold-constants", "Nodes whose inputs are all known are computed now, unless the result is much larger than they are."
  ) { (graph) throws(Diagnostic) in
    let results = graph.results
    try graph.edit { (editor, node) throws(Diagnostic) in
      let inputs = node.inputs.map { editor.constant($0) }
      let isKnown = zip(node.inputs, inputs).allSatisfy { $0 == nil || $1 != nil }
      // A result of the whole graph stays computed, so that it has memory of its own.
      guard isKnown, results.isDisjoint(with: node.outputs), isWorthIt(node, inputs.compactMap { $0 }, editor.graph) else {
        return editor.place(node)
      }
      let computed = try node.evaluate(inputs, precision: .typed)
      for (id, tensor) in zip(node.outputs, computed) { editor.setConstant(id, tensor) }
    }
  }

  /// Both the memory of the result and the work are bounded.
  private static func isWorthIt(_ node: Node, _ inputs: [Tensor], _ graph: Graph) -> Bool {
    let types = node.outputs.map { graph.type($0) }
    // How long a loop runs is known by its bound alone.
    if case .loop(_, _, let trips) = node.op.control, trips?.constant.map({ $0 > 1 << 12 }) ?? true { return false }
    guard !inputs.isEmpty, types.allSatisfy({ $0.shape.constants != nil }) else { return false }
    let bytes = types.reduce(0) { $0 + ($1.shape.elementCount.constant ?? 0) * $1.dtype.byteCount }
    let work = node.op.macs(graph.types(node.operatorInputs), types).constant ?? .max
    return bytes <= 8 * inputs.reduce(512) { $0 + $1.bytes.count } && work <= 1 << 28
  }
}
