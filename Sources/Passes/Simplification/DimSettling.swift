import GraphIR
import Tensors

extension GraphPass {
  package static let settleDims = GraphPass(
    "settle-dims", "Computed dimensions whose value is known by now become numbers."
  ) { (graph) throws(Diagnostic) in
    var known: [String: Dim] = [:]
    for (name, source) in graph.computedDims {
      guard let tensor = graph.constants[source.value], source.element < tensor.count else { continue }
      let value = Int(tensor.integers[source.element])
      guard let range = graph.dims[name], range.contains(value) else {
        throw Diagnostic("the extent \(name) is \(value)", hint: "it has to be within \(graph.dims[name] ?? 0...0)")
      }
      known[name] = Dim(value)
    }
    if known.isEmpty { return }
    for name in known.keys { (graph.computedDims[name], graph.dims[name]) = (nil, nil) }
    graph = graph.substituting(known)
  }
}
