import GraphIR
import ONNXProto
import Tensors

/// The names of one graph of a model, or of one call of a function, and where their values are. A subgraph sees the names of the
/// graphs around it.
final class ONNXScope {
  let model: ONNXModelReader
  let writer: GraphWriter
  /// The graph around this one; its tensors are captured where the writers differ.
  private let parent: ONNXScope?
  private var values: [String: ONNXValue] = [:]
  private var declarations: [String: ONNXTypeProto] = [:]
  /// Tensors of the graph around that this one takes as inputs, in the order of `captured`.
  private(set) var captures: [(outer: ValueID, inner: ValueID)] = []
  /// What bounds extents that the file does not declare.
  var implied = ONNXExtentBounds()
  /// The attributes of the function that is being called.
  var environment: [String: ONNXAttributeProto] = [:]
  let opsets: [String: Int]
  /// How deep functions and subgraphs are nested.
  let depth: Int

  init(_ model: ONNXModelReader, _ writer: GraphWriter, opsets: [String: Int]) {
    (self.model, self.writer, self.opsets, parent, depth) = (model, writer, opsets, nil, 0)
  }

  /// A scope inside `parent`: a subgraph, which sees its names, or a function, which does not.
  init(in parent: ONNXScope, _ writer: GraphWriter, opsets: [String: Int]? = nil, seesParent: Bool) throws(Diagnostic) {
    guard parent.depth < 64 else { throw Diagnostic("functions or subgraphs are nested more than 64 deep", hint: "no model needs this") }
    (model, self.writer, depth) = (parent.model, writer, parent.depth + 1)
    self.opsets = opsets ?? parent.opsets
    self.parent = seesParent ? parent : nil
    if seesParent { environment = parent.environment }
  }

  subscript(name: String) -> ONNXValue? {
    get { values[name] }
    set { values[name] = newValue }
  }

  /// The value of a name, here or in a graph around; there it is captured.
  func lookUp(_ name: String) throws(Diagnostic) -> ONNXValue? {
    if let value = values[name] { return value }
    guard let parent, let outer = try parent.lookUp(name) else { return nil }
    let inner = parent.writer === writer ? outer : try capture(outer)
    values[name] = inner
    return inner
  }

  /// A tensor of the graph around as an input of this one; constants are taken along.
  private func capture(_ outer: ONNXValue) throws(Diagnostic) -> ONNXValue {
    switch outer {
    case .failed: return .failed
    case .sequence(let elements): return .sequence(try elements.map { (element) throws(Diagnostic) in try capture(element) })
    case .optional(let element): return .optional(try element.map { (element) throws(Diagnostic) in try capture(element) })
    case .tensor(let id):
      guard let parent else { return outer }
      let name = parent.writer.graph[id].name
      if let tensor = parent.writer.graph.constants[id] { return .tensor(writer.graph.addConstant(name, tensor)) }
      if let extents = parent.writer.extents[id], let shape = parent.writer.shape(id).constants {
        return .tensor(try writer.extents(extents, shape: shape, name))
      }
      if let known = captures.first(where: { $0.outer == id }) { return .tensor(known.inner) }
      let inner = try writer.addInput(name, parent.writer.type(id))
      captures.append((outer: id, inner: inner))
      return .tensor(inner)
    }
  }

  func declare(_ name: String, _ type: ONNXTypeProto) { declarations[name] = type }

  func declare(_ infos: [ONNXValueInfoProto]) {
    for info in infos { declarations[info.name] = info.type }
  }

  func declared(_ name: String) -> ONNXTypeProto? { declarations[name] }
}
