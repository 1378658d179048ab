import Containers
import GraphIR
import Tensors

/// The inputs and expected outputs that a model carries.
struct NativeVectors {
  private let graph: Graph
  private let declared: [Shape]
  private let tensors: NativeTensors
  private let dims: NativeDims
  private let session: ReadSession

  init(_ graph: Graph, _ declared: [Shape], _ tensors: NativeTensors, _ dims: NativeDims, _ session: ReadSession) {
    (self.graph, self.declared, self.tensors, self.dims, self.session) = (graph, declared, tensors, dims, session)
  }

  /// Vectors for other extents than the user has settled are left out, with a warning.
  func read(_ json: JSONValue) -> [TestVector] {
    session.each(json, "tests") { (entry) throws(Diagnostic) in try vector(entry) }.compactMap { $0 ?? nil }
  }

  private func vector(_ json: JSONValue) throws(Diagnostic) -> TestVector? {
    session.checkKeys(json, NativeKeys.test)
    let inputs = try tensors(json.value("inputs"), graph.inputs.map { (graph[$0].name, graph.type($0), nil) }, declared)
    let extents = try bound(inputs, json)
    for (name, value) in extents.sorted(by: { $0.key < $1.key }) where !isAllowed(name, value) {
      session.report(json.problem("the test is for \(name) = \(value), and is left out", severity: .warning))
      return nil
    }
    let expected = graph.outputs.map { output in
      let type = graph.type(output.value)
      return (output.name, type, type.shape.compactMap { $0.value(extents) } as [Int]?)
    }
    let outputs = try tensors(json.value("outputs"), expected, [])
    let tolerance = try json.optional("tolerance").map { (value) throws(Diagnostic) in try self.tolerance(value) }
    return TestVector(inputs: inputs, outputs: outputs, continues: try json.bool("continues", default: false), tolerance: tolerance)
  }

  private func tolerance(_ json: JSONValue) throws(Diagnostic) -> Double {
    let value = try json.double()
    guard value >= 0, value.isFinite else { throw json.problem("a tolerance of \(value)", hint: "it is 0 or more") }
    return value
  }

  private typealias Slot = (name: String, type: TensorType, dims: [Int]?)

  /// Tensors in the order of `slots`, listed in it or given by name.
  private func tensors(_ json: JSONValue, _ slots: [Slot], _ declared: [Shape]) throws(Diagnostic) -> [Tensor] {
    guard json.count == slots.count else {
      throw json.problem("found \(json.summary)", hint: "one is needed for each of \(slots.map(\.name).joined(separator: ", "))")
    }
    var found: [Tensor] = []
    for (position, slot) in slots.enumerated() {
      let entry = json.isObject ? try json.value(slot.name) : json[position] ?? json
      let known = slot.dims ?? declared[safe: position]?.constants
      found.append(try tensor(entry, slot, known))
    }
    return found
  }

  private func tensor(_ json: JSONValue, _ slot: Slot, _ known: [Int]?) throws(Diagnostic) -> Tensor {
    let tensor = try json.isString ? named(json) : tensors.tensor(json, nil, dtype: slot.type.dtype, dims: known)
    guard tensor.dtype == slot.type.dtype, tensor.rank == slot.type.rank, known == nil || tensor.dims == known else {
      let wanted = known.map { "\(TensorType(slot.type.dtype, Shape($0)))" } ?? "\(slot.type)"
      throw json.problem("\"\(printable(slot.name, limit: 60))\" is given as \(tensor.type)", hint: "it must be \(wanted)")
    }
    return tensor
  }

  private func named(_ json: JSONValue) throws(Diagnostic) -> Tensor {
    let name = try json.string()
    switch tensors.find(name) {
    case .constant(let constant): return constant.tensor
    case .broken: throw KerasSkip.diagnostic
    case .none: throw json.problem("there is no tensor \"\(printable(name, limit: 60))\"", hint: nearestHint(name, tensors.allNames))
    }
  }

  /// The values of the open dimensions, read off the inputs.
  private func bound(_ inputs: [Tensor], _ json: JSONValue) throws(Diagnostic) -> [String: Int] {
    var bound: [String: Int] = [:]
    let extents = zip(inputs, declared).flatMap { zip($0.dims, $1) }
    for (extent, dim) in extents {
      for name in dim.symbols where dim == .symbol(name) && bound[name] == nil { bound[name] = extent }
    }
    for (extent, dim) in extents where dim.value(bound) != extent {
      throw json.problem("an extent of the inputs is \(extent) where the model has \(dim)")
    }
    return bound
  }

  private func isAllowed(_ name: String, _ value: Int) -> Bool {
    if let range = dims.bounds[name] { return range.contains(value) }
    return dims.settled[name] == Dim(value)
  }
}
