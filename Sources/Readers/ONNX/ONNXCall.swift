import GraphIR
import ONNXProto
import Tensors

/// One node at work: its inputs, attributes and opset, and where its own nodes go.
struct ONNXCall {
  let proto: ONNXNodeProto
  let opset: Int
  let attributes: ONNXAttributes
  /// Absent optional inputs are `nil`.
  let values: [ONNXValue?]
  let scope: ONNXScope

  var writer: GraphWriter { scope.writer }
  var outputCount: Int { proto.output.count }

  /// Whether output `position` is asked for.
  func wants(_ position: Int) -> Bool { position < proto.output.count && !proto.output[position].isEmpty }

  /// What the file says of the type of output `position`.
  func declared(_ position: Int = 0) -> ONNXTypeProto? { wants(position) ? scope.declared(proto.output[position]) : nil }

  /// The shape that the file gives output `position`, `nil` for extents that it leaves open; nothing where it does not say.
  func declaredShape(_ position: Int = 0) -> [Int?]? { declared(position)?.declaredExtents }
}

extension ONNXCall {
  func has(_ position: Int) -> Bool { optionalValue(position) != nil }

  func optionalValue(_ position: Int) -> ONNXValue? { position < values.count ? values[position] : nil }

  func value(_ position: Int) throws(Diagnostic) -> ONNXValue {
    if let value = optionalValue(position) { return value }
    throw Diagnostic("input \(position) is missing", hint: "the operator requires it")
  }

  func optional(_ position: Int) throws(Diagnostic) -> ValueID? {
    guard let value = optionalValue(position) else { return nil }
    if case .tensor(let id) = value { return id }
    throw Diagnostic("input \(position) is a sequence or an optional", hint: "the operator takes a tensor")
  }

  func input(_ position: Int = 0) throws(Diagnostic) -> ValueID {
    if let id = try optional(position) { return id }
    throw Diagnostic("input \(position) is missing", hint: "the operator requires it")
  }

  /// All inputs from `first` on, which are tensors.
  func inputs(from first: Int = 0) throws(Diagnostic) -> [ValueID] {
    try values.indices.dropFirst(first).map { (position) throws(Diagnostic) in try input(position) }
  }

  func type(_ position: Int = 0) throws(Diagnostic) -> TensorType { writer.type(try input(position)) }

  /// The elements of an input that is known when we compile.
  func constant(_ position: Int) throws(Diagnostic) -> Tensor? {
    try optional(position).flatMap { id in
      if let tensor = writer.graph.constants[id] { return tensor }
      // What has no elements is known.
      let type = writer.type(id)
      guard type.shape.contains(0), let dims = type.shape.constants else { return nil }
      return Tensor(type.dtype, dims, bytes: [])
    }
  }

  /// An input that has to be known when we compile; `nil` where it is absent.
  func known(_ position: Int, _ name: String) throws(Diagnostic) -> Tensor? {
    guard has(position) else { return nil }
    if let tensor = try constant(position) { return tensor }
    throw Diagnostic(
      "\(name), input \(position), is computed when the model runs", hint: "it has to be a constant or to follow from shapes and constants")
  }

  func knownInts(_ position: Int, _ name: String) throws(Diagnostic) -> [Int]? {
    guard let tensor = try known(position, name) else { return nil }
    guard !tensor.dtype.isFloat else { throw Diagnostic("\(name) is \(tensor.type)", hint: "it takes integers") }
    return tensor.integers.map(ONNXAttributes.bounded)
  }

  func knownNumber(_ position: Int, _ name: String) throws(Diagnostic) -> Double? {
    guard let tensor = try known(position, name) else { return nil }
    guard tensor.count == 1, let first = tensor.doubles.first else {
      throw Diagnostic("\(name) is \(tensor.type)", hint: "it takes one number")
    }
    return first
  }

  /// Integers that newer opsets give as input `position` and older ones as an attribute.
  func ints(_ position: Int, orAttribute name: String) throws(Diagnostic) -> [Int]? {
    if let given = try knownInts(position, name) { return given }
    return try attributes.optionalInts(name)
  }

  /// An axis attribute, counted from the front.
  func axis(_ name: String = "axis", default other: Int, rank: Int) throws(Diagnostic) -> Int {
    try normalisedAxis(try attributes.int(name, default: other), rank: rank)
  }
}

extension ONNXTypeProto {
  /// The extents of a tensor type, `nil` where they are open; nothing where there is no shape.
  var declaredExtents: [Int?]? {
    guard case .tensorType(let tensor) = value, tensor.hasShape else { return nil }
    return tensor.shape.dim.map { dim in
      if case .dimValue(let extent) = dim.value, extent >= 0 { return Int(extent) }
      return nil
    }
  }
}
