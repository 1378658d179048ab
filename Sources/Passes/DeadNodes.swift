import GraphIR
import Tensors

extension GraphPass {
  package static let removeDeadNodes = GraphPass(
    "remove-dead-nodes", "Nodes and constants on which no output and no state depends go."
  ) { (graph) throws(Diagnostic) in
    var needed = graph.results
    var kept: [Node] = []
    for node in graph.nodes.reversed() where node.outputs.contains(where: needed.contains) {
      needed.formUnion(node.inputs.compactMap { $0 })
      kept.append(node)
    }
    graph.nodes = kept.reversed()
    graph.constants = graph.constants.filter { needed.contains($0.key) }
  }
}
