import GraphIR
import ONNXProto
import Tensors

/// Extents that each run reads from integers. What the file declares for an output bounds them; a run in which one is more fails.
extension ONNXCall {
  /// Whether an input is given, and computed when the model runs.
  func isComputed(_ position: Int) throws(Diagnostic) -> Bool {
    guard has(position) else { return false }
    return try constant(position) == nil
  }

  func isComputed(anyOf positions: ClosedRange<Int>) throws(Diagnostic) -> Bool {
    for position in positions where try isComputed(position) { return true }
    return false
  }

  /// An integer input of one axis at most, as a vector of a known number of int64.
  func integers(_ position: Int, _ name: String) throws(Diagnostic) -> (vector: ValueID, count: Int) {
    let id = try input(position)
    let type = writer.type(id)
    guard type.dtype.isInteger, type.rank <= 1, let count = type.shape.elementCount.constant else {
      throw Diagnostic("\(name), input \(position), is \(type)", hint: "a vector of a known number of integers is needed")
    }
    return (try writer.cast(try writer.flat(id, "\(name)/flat"), to: .int64, "\(name)/wide"), count)
  }

  /// The shape of output `output`, whose extents are the elements of a vector from `first` on. `limits` are what they may be at most
  /// by the meaning of the operator; `nil` where it does not tell. Axes in `kept` have the extents `limits`.
  func computedShape(
    _ vector: ValueID, from first: Int = 0, within limits: [Dim?], keeping kept: Set<Int> = [], output: Int = 0
  ) throws(Diagnostic) -> Shape {
    if let declared = declaredShape(output), declared.count != limits.count {
      throw Diagnostic("output \(output) has \(limits.count) axes, and the file declares \(declared.count)", hint: "export the model again")
    }
    return try limits.enumerated().map { (axis, limit) throws(Diagnostic) in
      if let limit, kept.contains(axis) { return limit }
      return try computedExtent(vector, first + axis, axis: axis, of: limits.count, within: limit, output: output)
    }
  }

  /// The extent of `axis` of output `output`, which is an element of a vector. `rank` tells how many axes there are, if that is at hand.
  func computedExtent(
    _ vector: ValueID, _ element: Int, axis: Int, of rank: Int? = nil, within limit: Dim?, output: Int = 0
  ) throws(Diagnostic) -> Dim {
    if let known = writer.knownElement(vector, element) { return known }
    let name = output < proto.output.count ? "\(proto.output[output]).\(axis)" : "\(writer.scope).\(axis)"
    let implied = rank.flatMap { wants(output) ? scope.implied.most(proto.output[output], axis: axis, rank: $0) : nil }
    let least = [limit, implied.map { Dim($0) }].compactMap { $0 }.min { writer.largest($0) ?? .max < writer.largest($1) ?? .max }
    let range = try range(name, declaredExtent(output, axis), least)
    return try writer.graph.addComputedDim(name, range: range, from: vector, element: element)
  }

  /// Extents inside of an operator, which are the elements of a vector.
  func innerShape(_ vector: ValueID, within limits: [Dim], _ label: String) throws(Diagnostic) -> Shape {
    try limits.enumerated().map { (axis, limit) throws(Diagnostic) in
      if let known = writer.knownElement(vector, axis) { return known }
      let name = "\(writer.name(label)).\(axis)"
      return try writer.graph.addComputedDim(name, range: try range(name, nil, limit), from: vector, element: axis)
    }
  }

  /// A dimension that is 0 in every run that goes on: an element of an integer scalar or vector has to be.
  func verified(_ value: ValueID, element: Int = 0, _ label: String) throws(Diagnostic) -> Dim {
    if let known = writer.knownElement(value, element) { return known }
    return try writer.graph.addComputedDim(writer.name(label), range: 0...0, from: value, element: element)
  }

  private func declaredExtent(_ output: Int, _ axis: Int) -> ONNXTensorShapeProto.Dimension? {
    guard case .tensorType(let tensor) = declared(output)?.value, tensor.hasShape, axis < tensor.shape.dim.count else { return nil }
    return tensor.shape.dim[axis]
  }

  /// The values that an extent may take: up to what the file declares, else what the user sets, else `limit`.
  private func range(
    _ name: String, _ declared: ONNXTensorShapeProto.Dimension?, _ limit: Dim?
  ) throws(Diagnostic) -> ClosedRange<Int> {
    var name = name
    switch declared?.value {
    case .dimValue(let extent) where extent >= 0: return 0...Int(extent)
    case .dimParam(let param) where !param.isEmpty:
      if let known = writer.graph.dims[param] { return 0...known.upperBound }
      name = param
    default: break
    }
    switch scope.model.session.setting(name) {
    case .fixed(let extent): return extent...extent
    case .upTo(let bound) where bound >= 0: return 0...bound
    default: break
    }
    if let limit, let bound = writer.largest(limit), bound >= 0 { return 0...bound }
    throw Diagnostic(
      "the extent \"\(printable(name, limit: 80))\" is computed when the model runs, and nothing bounds it",
      hint: "bound it with --dim \(printable(name, limit: 80))=..256")
  }
}
