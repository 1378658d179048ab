import GraphIR
import Tensors

extension GraphPass {
  package static let removeDeadNodes = GraphPass(
    "remove-dead-nodes", "Nodes, constants and computed dimensions on which no output and no state depends go."
  ) { (graph) throws(Diagnostic) in
    var needed = graph.results
    var dims: Set<String> = []
    var kept: [Node] = []
    for node in graph.nodes.reversed() where node.outputs.contains(where: needed.contains) {
      let mentioned = graph.computedDims(of: node)
      dims.formUnion(mentioned)
      needed.formUnion(node.inputs.compactMap { $0 } + mentioned.compactMap { graph.computedDims[$0]?.value })
      kept.append(node)
    }
    graph.nodes = kept.reversed()
    for name in graph.computedDims.keys where !dims.contains(name) { (graph.computedDims[name], graph.dims[name]) = (nil, nil) }
    graph.constants = graph.constants.filter { needed.contains($0.key) }
  }
}
