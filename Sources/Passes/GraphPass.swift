import GraphIR
import Tensors

/// One transformation of a graph: a name, what it does, what it promises about values, and the function.
package struct GraphPass: Sendable {
  /// How far outputs may move, where elementwise bodies round every operation to its type as the emitted C does.
  package enum Promise: Hashable, Sendable {
    case sameBits
    /// At most this share of the largest magnitude of an output.
    case within(Double)
    /// The user asked for other values.
    case anotherNetwork
  }

  /// By which `--dump-after` knows it: `fold-constants`.
  package let name: String
  /// A sentence for people.
  package let summary: String
  package let promise: Promise
  /// The graphs inside operators are transformed, too.
  private let entersBodies: Bool
  private let transform: @Sendable (inout Graph) throws(Diagnostic) -> Void

  package init(
    _ name: String, _ summary: String, _ promise: Promise = .sameBits, entersBodies: Bool = true,
    transform: @escaping @Sendable (inout Graph) throws(Diagnostic) -> Void
  ) {
    self.name = name
    self.summary = summary
    self.promise = promise
    self.entersBodies = entersBodies
    self.transform = transform
  }

  /// Transforms the graphs inside operators, then the graph.
  package func run(on graph: inout Graph) throws(Diagnostic) {
    do throws(Diagnostic) {
      for position in graph.nodes.indices where entersBodies && graph.nodes[position].op.control != nil {
        graph.nodes[position].op = try graph.nodes[position].op.mappingBodies(transformed)
      }
      try transform(&graph)
    } catch { throw error.at("pass \(name)") }
    assert(graph.defects().isEmpty, "\(name) leaves \(graph.defects())\n\(graph)")
  }

  private func transformed(_ body: Graph) throws(Diagnostic) -> Graph {
    var body = body
    try run(on: &body)
    return body
  }
}
