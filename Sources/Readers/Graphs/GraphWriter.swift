import GraphIR
import LoopIR
import Tensors

/// Appends nodes to a graph under names that start with the layer at work.
final class GraphWriter {
  var graph: Graph
  /// The layer at work, outermost model first: `tower/dense_1`.
  var scope = ""

  init(name: String) { graph = Graph(name: name) }

  func type(_ id: ValueID) -> TensorType { graph.type(id) }
  func shape(_ id: ValueID) -> Shape { graph.type(id).shape }
  func rank(_ id: ValueID) -> Int { graph.type(id).rank }
  func dtype(_ id: ValueID) -> DType { graph.type(id).dtype }

  /// All outputs of a new node.
  func outputs(_ op: any Operator, _ inputs: [ValueID?], _ label: String) throws(Diagnostic) -> [ValueID] {
    let outputs = try graph.add(op, inputs, name: name(label))
    for id in outputs { try check(id) }
    return outputs
  }

  /// Output 0 of a new node.
  func add(_ op: any Operator, _ inputs: [ValueID?], _ label: String) throws(Diagnostic) -> ValueID {
    let outputs = try outputs(op, inputs, label)
    guard let first = outputs.first else { throw Diagnostic("\(op.name) has no output") }
    return first
  }

  /// What people are to call the node that was made last.
  func labelLast(_ label: String) {
    guard let last = graph.nodes.indices.last else { return }
    graph.nodes[last].label = label
  }

  func constant(_ tensor: Tensor, _ label: String) -> ValueID { graph.addConstant(name(label), tensor) }

  func name(_ label: String) -> String { scope.isEmpty ? label : label.isEmpty ? scope : "\(scope)/\(label)" }

  /// An input of the whole graph.
  func addInput(_ name: String, _ type: TensorType) throws(Diagnostic) -> ValueID {
    let id = graph.addInput(name, type)
    try check(id)
    return id
  }

  /// Tensors whose elements cannot be counted in 31 bits are refused where they arise. Open dimensions count with their bounds, and
  /// extents of 0 as 1, so that the extents beside them stay in range.
  private func check(_ id: ValueID) throws(Diagnostic) {
    let bounds = graph.dims.mapValues(\.upperBound)
    var product = 1
    for dim in shape(id) {
      let extent = dim.constant.map { $0 == 0 ? 1 : $0 } ?? dim.value(bounds).map { max($0, 1) } ?? .max
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      guard !overflow, next > 0, next < 1 << 31 else {
        throw Diagnostic(
          "\"\(graph[id].name)\" would be \(type(id))", hint: "extents are not negative, and a tensor holds fewer than 2^31 elements")
      }
      product = next
    }
  }

  /// Gives a value and the node that computes it the name of the layer at work, if that layer made it.
  func nameResult(_ id: ValueID, madeAfter count: Int) {
    guard let position = graph.nodes[count...].firstIndex(where: { $0.outputs.first == id }) else { return }
    graph.rename(id, scope)
    graph.nodes[position].name = graph[id].name
  }
}
