import ONNXProto
import Tensors

/// The attributes of one node. What no reader asks for is refused in the end: to pass over it could compute something else.
final class ONNXAttributes {
  private let byName: [String: ONNXAttributeProto]
  private var read: Set<String> = []
  let tensors: ONNXTensorReader

  /// `environment` holds the attributes of the function around the node, to which its own may refer.
  init(_ attributes: [ONNXAttributeProto], environment: [String: ONNXAttributeProto], _ tensors: ONNXTensorReader) {
    var byName: [String: ONNXAttributeProto] = [:]
    for attribute in attributes {
      if attribute.refAttrName.isEmpty {
        byName[attribute.name] = attribute
      } else if var value = environment[attribute.refAttrName] {
        value.name = attribute.name
        byName[attribute.name] = value
      }
    }
    self.byName = byName
    self.tensors = tensors
  }

  /// Attributes that nobody has asked for.
  var unread: [String] { byName.keys.filter { !read.contains($0) }.sorted() }

  /// All attributes, for the body of a function.
  var all: [String: ONNXAttributeProto] {
    read.formUnion(byName.keys)
    return byName
  }

  func has(_ name: String) -> Bool { byName[name] != nil }

  /// Passes over attributes that change nothing here.
  func ignore(_ names: String...) { read.formUnion(names) }

  fileprivate func find(_ name: String, _ types: ONNXAttributeProto.AttributeType...) throws(Diagnostic) -> ONNXAttributeProto? {
    read.insert(name)
    guard let attribute = byName[name] else { return nil }
    // Files of the first versions do not say the type.
    guard types.contains(attribute.type) || !attribute.hasType else {
      throw Diagnostic(
        "the attribute \"\(name)\" holds \(attribute.type)", hint: "it takes \(types.map { "\($0)" }.joined(separator: " or "))")
    }
    return attribute
  }

  /// Integers that are data, as they are.
  func integer(_ name: String) throws(Diagnostic) -> Int64? { try find(name, .int).map { $0.i } }
  func integers(_ name: String) throws(Diagnostic) -> [Int64]? { try find(name, .ints).map { $0.ints } }

  /// Integers that count elements or name places, moved to where sums and products of two do not overflow: no tensor has 2^31 elements, so
  /// that what lies beyond means the same.
  static func bounded(_ value: Int64) -> Int { Int(min(max(value, -(1 << 31)), 1 << 31)) }

  func optionalInt(_ name: String) throws(Diagnostic) -> Int? { try integer(name).map(Self.bounded) }
  func int(_ name: String, default other: Int) throws(Diagnostic) -> Int { try optionalInt(name) ?? other }
  func flag(_ name: String, default other: Bool = false) throws(Diagnostic) -> Bool { try optionalInt(name).map { $0 != 0 } ?? other }
  func optionalInts(_ name: String) throws(Diagnostic) -> [Int]? { try integers(name)?.map(Self.bounded) }
  func ints(_ name: String) throws(Diagnostic) -> [Int] { try optionalInts(name) ?? [] }
  func optionalFloat(_ name: String) throws(Diagnostic) -> Double? { try find(name, .float).map { Double($0.f) } }
  func float(_ name: String, default other: Double) throws(Diagnostic) -> Double { try optionalFloat(name) ?? other }
  func floats(_ name: String) throws(Diagnostic) -> [Double] { try find(name, .floats)?.floats.map { Double($0) } ?? [] }
  func optionalString(_ name: String) throws(Diagnostic) -> String? {
    try find(name, .string).map { String(decoding: $0.s, as: UTF8.self) }
  }
  func string(_ name: String, default other: String) throws(Diagnostic) -> String { try optionalString(name) ?? other }
  func strings(_ name: String) throws(Diagnostic) -> [String] {
    try find(name, .strings)?.strings.map { String(decoding: $0, as: UTF8.self) } ?? []
  }
  func graph(_ name: String) throws(Diagnostic) -> ONNXGraphProto? { try find(name, .graph)?.g }

  func tensor(_ name: String) throws(Diagnostic) -> Tensor? {
    guard let attribute = try find(name, .tensor) else { return nil }
    return try tensors.tensor(attribute.t)
  }

  /// An element type by its number.
  func dtype(_ name: String) throws(Diagnostic) -> DType? {
    try optionalInt(name).map { (code) throws(Diagnostic) in try ONNXElementType.dtype(code) }
  }

  /// One of the given texts.
  func choice(_ name: String, of known: [String], default other: String) throws(Diagnostic) -> String {
    let value = try string(name, default: other)
    guard known.contains(value) else {
      throw Diagnostic(
        "the attribute \"\(name)\" is \"\(printable(value, limit: 40))\"", hint: "known are \(known.joined(separator: ", "))")
    }
    return value
  }
}

extension ONNXAttributes {
  /// A sparse tensor, with its zeros.
  func sparse(_ name: String) throws(Diagnostic) -> Tensor? {
    guard let attribute = try find(name, .sparseTensor) else { return nil }
    return try tensors.dense(attribute.sparseTensor)
  }
}
