import GraphIR
import LoopIR
import Operators
import Tensors

/// Appends nodes to a graph under names that start with the layer at work.
final class GraphWriter {
  var graph: Graph
  /// The layer at work, outermost model first: `tower/dense_1`.
  var scope = ""
  /// What follows from small constants is computed at once, for formats that keep shapes and axes in tensors.
  var foldsConstants = false
  /// Integer tensors whose elements follow from shapes with open extents.
  private(set) var extents: [ValueID: [Dim]] = [:]

  init(name: String) { graph = Graph(name: name) }

  func type(_ id: ValueID) -> TensorType { graph.type(id) }
  func shape(_ id: ValueID) -> Shape { graph.type(id).shape }
  func rank(_ id: ValueID) -> Int { graph.type(id).rank }
  func dtype(_ id: ValueID) -> DType { graph.type(id).dtype }

  /// All outputs of a new node.
  func outputs(_ op: any Operator, _ inputs: [ValueID?], _ label: String) throws(Diagnostic) -> [ValueID] {
    if foldsConstants, let folded = try folded(op, inputs, label) { return folded }
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

  /// The outputs of a node as constants, where its inputs are and neither they nor the outputs are large.
  private func folded(_ op: any Operator, _ inputs: [ValueID?], _ label: String) throws(Diagnostic) -> [ValueID]? {
    let known = inputs.compactMap { $0 }.map { graph.constants[$0] }
    let tensors = known.compactMap { $0 }
    guard !tensors.isEmpty, tensors.count == known.count, op.control == nil, tensors.allSatisfy({ $0.count <= Self.foldedCount }) else {
      return nil
    }
    let types = try op.infer(inputs.map { id in id.map { graph.type($0) } })
    guard types.allSatisfy({ ($0.shape.elementCount.constant ?? .max) <= Self.foldedCount }) else { return nil }
    let node = Node(name: name(label), op: op, inputs: inputs, outputs: [])
    let results = try node.evaluate(inputs.map { id in id.flatMap { graph.constants[$0] } }, precision: .typed)
    return results.map { graph.addConstant(name(label), $0) }
  }

  private static let foldedCount = 1 << 16

  /// Integers that are extents or follow from them, as an int64 tensor of the shape `shape`.
  func extents(_ dims: [Dim], shape: [Int], _ label: String) throws(Diagnostic) -> ValueID {
    if let known = dims.constants { return constant(Tensor(.int64, shape, integers: known.map { Int64($0) }), label) }
    let result = try reshape(try add(Extents(dims), [], label), Shape(shape), label)
    extents[result] = dims
    return result
  }

  /// The elements of an integer tensor as extents, where they are known or follow from shapes.
  func knownExtents(_ id: ValueID) -> [Dim]? {
    if let extents = extents[id] { return extents }
    guard let tensor = graph.constants[id], tensor.dtype.isInteger else { return nil }
    return tensor.integers.map { Dim(Int($0)) }
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
  func nameResult(_ id: ValueID, as name: String? = nil, madeAfter count: Int) {
    guard let position = graph.nodes[count...].firstIndex(where: { $0.outputs.first == id }) else { return }
    graph.rename(id, name ?? scope)
    graph.nodes[position].name = graph[id].name
  }
}
