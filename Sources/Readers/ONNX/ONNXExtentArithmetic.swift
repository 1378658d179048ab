import GraphIR
import Tensors

/// Arithmetic on extents that are open: exporters compute shapes by nodes (Shape, Gather, Concat, Mul, …), and where all of their inputs
/// follow from shapes, so does the result, whatever the open extents will be.
enum ONNXExtentArithmetic {
  /// The outputs of a node all of whose inputs are extents, one of them open; `nil` for other nodes.
  static func outputs(_ call: ONNXCall, _ row: ONNXOperator) throws(Diagnostic) -> [ONNXValue]? {
    guard row.domain.isEmpty, call.proto.output.count == 1, try isOpen(call) else { return nil }
    if moving.contains(row.name) { return try moved(call, row).map { [.tensor($0)] } }
    guard let function = arithmetic[row.name] else { return nil }
    return try combined(call, function).map { [.tensor($0)] }
  }

  /// Operators that only move elements: those of their first inputs.
  private static let moving: Set = [
    "Gather", "Slice", "Concat", "Squeeze", "Unsqueeze", "Reshape", "Identity", "Flatten", "Transpose", "Expand",
  ]

  private static let arithmetic: [String: @Sendable (Dim, Dim) -> Dim?] = [
    "Add": { $0 + $1 },
    "Sub": { $0 - $1 },
    "Mul": { $0 * $1 },
    "Div": { a, b in a.exactQuotient(by: b) ?? b.constant.flatMap { $0 > 0 ? a / $0 : nil } },
  ]

  private static func isOpen(_ call: ONNXCall) throws(Diagnostic) -> Bool {
    var isOpen = false
    for position in call.values.indices {
      guard let id = try call.tensor(position) else { continue }
      if call.writer.extents[id] != nil { isOpen = true }
    }
    return isOpen
  }

  /// Moves the numbers of the elements in their place, which are constants, and looks up what came where.
  private static func moved(_ call: ONNXCall, _ row: ONNXOperator) throws(Diagnostic) -> ValueID? {
    var (dims, values): ([Dim], [ONNXValue?]) = ([], call.values)
    for position in call.values.indices where position == 0 || row.name == "Concat" {
      guard let id = try call.tensor(position), let known = call.writer.knownExtents(id), let shape = call.writer.shape(id).constants else {
        return nil
      }
      let numbers = known.indices.map { Int64(dims.count + $0) }
      values[position] = .tensor(call.writer.constant(Tensor(.int64, shape, integers: numbers), "positions"))
      dims += known
    }
    let moved = ONNXCall(proto: call.proto, opset: call.opset, attributes: call.attributes, values: values, scope: call.scope)
    guard case .tensor(let id) = try row.build(moved).first, let places = call.writer.graph.constants[id] else { return nil }
    return try call.writer.extents(places.integers.map { dims[Int($0)] }, shape: places.dims, "")
  }

  /// Element by element; one of the two may be a single element.
  private static func combined(_ call: ONNXCall, _ function: (Dim, Dim) -> Dim?) throws(Diagnostic) -> ValueID? {
    guard call.values.count == 2, let a = try call.tensor(0), let b = try call.tensor(1), let x = call.writer.knownExtents(a),
      let y = call.writer.knownExtents(b), x.count == y.count || x.count == 1 || y.count == 1
    else { return nil }
    let count = max(x.count, y.count)
    let results = (0..<count).compactMap { function(x[x.count == 1 ? 0 : $0], y[y.count == 1 ? 0 : $0]) }
    let shape = call.writer.rank(a) >= call.writer.rank(b) && x.count == count ? call.writer.shape(a) : call.writer.shape(b)
    guard results.count == count, let dims = shape.constants else { return nil }
    return try call.writer.extents(results, shape: dims, "")
  }
}

extension ONNXCall {
  /// The tensor at an input; `nil` where there is none.
  func tensor(_ position: Int) throws(Diagnostic) -> ValueID? {
    if case .tensor(let id) = optionalValue(position) { id } else { nil }
  }

  /// The elements of an input as extents, where they are known or follow from shapes.
  func extents(_ position: Int) throws(Diagnostic) -> [Dim]? { try tensor(position).flatMap { writer.knownExtents($0) } }
}
