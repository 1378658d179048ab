import GraphIR
import Tensors

/// Passes in the order in which they run.
package struct Pipeline: Sendable {
  package var passes: [GraphPass]

  package init(_ passes: [GraphPass]) { self.passes = passes }

  /// Runs every pass. `observe` sees each with the graph before and after it: for dumps, for progress, and for tests that hold
  /// passes to their promises.
  package func run(
    on graph: inout Graph, observe: ((_ pass: GraphPass, _ before: Graph, _ after: Graph) throws(Diagnostic) -> Void)? = nil
  ) throws(Diagnostic) {
    for pass in passes {
      let before = observe == nil ? nil : graph
      try pass.run(on: &graph)
      if let observe, let before { try observe(pass, before, graph) }
    }
  }

  /// What `--dump-after` prints.
  package static func dump(_ pass: GraphPass, _ before: Graph, _ after: Graph) -> String {
    "after \(pass.name): " + (before == after ? "(unchanged)" : "\n\(after)")
  }
}
