import Containers
import GraphIR
import Operators
import Tensors

/// The operator that a node calls for, by the names of `OperatorSet` and `ElementwiseFunction`.
struct NativeCall {
  private let node: NativeNode
  /// `nil` where an input has a problem.
  private let types: [TensorType?]?
  private let attributes: NativeAttributes
  private let session: ReadSession

  init?(_ node: NativeNode, _ types: [TensorType?]?, _ dims: NativeDims, _ session: ReadSession) {
    guard let attributes = NativeAttributes(node.json, dims, session) else { return nil }
    (self.node, self.types, self.attributes, self.session) = (node, types, attributes, session)
  }

  /// Every name that a node may call.
  static let names = OperatorSet.all.map { $0.name }.filter { $0 != Map.name } + ElementwiseFunction.all.map(\.name) + ["cast"]

  /// The operator, or `nil` after reporting a problem. `body` gives the body of that name of one that needs it.
  func op(body: (String, [TensorType?]) -> Graph?) throws(Diagnostic) -> (any Operator)? {
    if node.op == "cast" { return try cast() }
    if let row = ElementwiseFunction.byName[node.op] { return try elementwise(row) }
    guard let type = OperatorSet.byName[node.op], type != Map.self else { throw try unknown() }
    guard let op = attributes.applied(to: type) else { return nil }
    let names = op.control?.bodyNames ?? []
    try refuseBodies(but: names)
    guard let control = op.control else { return op }
    let graphs = names.compactMap { body($0, control.bodyTypes(types ?? [])) }
    guard graphs.count == names.count else { return nil }
    var left = graphs[...]
    return try op.mappingBodies { left.popFirst() ?? $0 }
  }

  private func elementwise(_ row: ElementwiseFunction) throws(Diagnostic) -> (any Operator)? {
    try refuseBodies()
    guard let numbers = attributes.numbers(of: row), let dtypes = try dtypes() else { return nil }
    return try row.map(numbers, of: dtypes)
  }

  private func cast() throws(Diagnostic) -> (any Operator)? {
    try refuseBodies()
    guard let dtype = attributes.dtype(node.json), let dtypes = try dtypes() else { return nil }
    guard let source = dtypes.first, dtypes.count == 1 else {
      throw Diagnostic("\(node.title) is given \(dtypes.count) inputs", hint: "it takes 1")
    }
    return ElementwiseFunction.cast(source, to: dtype)
  }

  /// The types of the elements of the inputs, none of which may be left out.
  private func dtypes() throws(Diagnostic) -> [DType]? {
    guard let types else { return nil }
    if let position = types.firstIndex(where: { $0 == nil }) { throw Diagnostic("input \(position) of \(node.title) is missing") }
    return types.compactMap { $0?.dtype }
  }

  private func refuseBodies(but known: [String] = []) throws(Diagnostic) {
    for name in NativeKeys.bodies where !known.contains(name) {
      if let body = node.json.optional(name) { throw body.problem("\(node.title) takes no \(name)") }
    }
  }

  private func unknown() throws(Diagnostic) -> Diagnostic {
    let place = try node.json.value("op")
    return place.problem("there is no operator \"\(printable(node.op, limit: 60))\"", hint: nearestHint(node.op, Self.names))
  }
}
