import Tensors

/// The value of an attribute, as formats and text carry it.
package enum AttributeValue: Hashable, Sendable {
  case bool(Bool)
  case int(Int)
  case float(Double)
  case string(String)
  case ints([Int])
  case floats([Double])
  case strings([String])
}

extension AttributeValue: CustomStringConvertible {
  package var description: String {
    switch self {
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .float(let value): "\(value)"
    case .string(let value): "\"\(printable(value))\""
    case .ints(let values): "\(values)"
    case .floats(let values): "\(values)"
    case .strings(let values): "\(values)"
    }
  }
}

/// What may be written as the value of an attribute.
package enum AttributeKind: Hashable, Sendable {
  case bool, int, float, string, ints, floats
  /// Extents: integers, or text over open dimensions.
  case dims
  /// One of these strings.
  case choice([String])
}

extension AttributeKind: CustomStringConvertible {
  package var description: String {
    switch self {
    case .bool: "true or false"
    case .int: "an integer"
    case .float: "a number"
    case .string: "a string"
    case .ints: "a list of integers"
    case .floats: "a list of numbers"
    case .dims: "a list of integers or of extents like \"2*T+1\""
    case .choice(let names): "one of " + names.map { "\"\($0)\"" }.joined(separator: ", ")
    }
  }
}

/// One attribute of the operator `Op`.
package struct Attribute<Op>: Sendable {
  package let name: String
  package let kind: AttributeKind
  package let read: @Sendable (Op) -> AttributeValue
  package let write: @Sendable (inout Op, AttributeValue) throws(Diagnostic) -> Void
}

extension Attribute {
  private init<T>(
    _ name: String, _ kind: AttributeKind, _ path: WritableKeyPath<Op, T> & Sendable, wrap: @escaping @Sendable (T) -> AttributeValue,
    unwrap: @escaping @Sendable (AttributeValue) -> T?
  ) {
    self.name = name
    self.kind = kind
    read = { wrap($0[keyPath: path]) }
    write = { (op, value) throws(Diagnostic) in
      guard let converted = unwrap(value) else { throw Diagnostic("attribute \"\(name)\" is \(value)", hint: "it takes \(kind)") }
      op[keyPath: path] = converted
    }
  }

  package static func int(_ name: String, _ path: WritableKeyPath<Op, Int> & Sendable) -> Attribute {
    Attribute(name, .int, path, wrap: { .int($0) }, unwrap: \.asInt)
  }

  package static func ints(_ name: String, _ path: WritableKeyPath<Op, [Int]> & Sendable) -> Attribute {
    Attribute(name, .ints, path, wrap: { .ints($0) }, unwrap: \.asInts)
  }

  package static func bool(_ name: String, _ path: WritableKeyPath<Op, Bool> & Sendable) -> Attribute {
    Attribute(name, .bool, path, wrap: { .bool($0) }, unwrap: \.asBool)
  }

  package static func float(_ name: String, _ path: WritableKeyPath<Op, Double> & Sendable) -> Attribute {
    Attribute(name, .float, path, wrap: { .float($0) }, unwrap: \.asDouble)
  }

  package static func floats(_ name: String, _ path: WritableKeyPath<Op, [Double]> & Sendable) -> Attribute {
    Attribute(name, .floats, path, wrap: { .floats($0) }, unwrap: \.asDoubles)
  }

  package static func string(_ name: String, _ path: WritableKeyPath<Op, String> & Sendable) -> Attribute {
    Attribute(name, .string, path, wrap: { .string($0) }, unwrap: \.asString)
  }

  /// Extents: integers, or expressions over open dimensions as text where not all are known.
  package static func dims(_ name: String, _ path: WritableKeyPath<Op, Shape> & Sendable) -> Attribute {
    Attribute(
      name, .dims, path,
      wrap: { shape in shape.constants.map { .ints($0) } ?? .strings(shape.map(\.description)) },
      unwrap: \.asDims)
  }

  /// One of the cases of an enumeration, by raw value.
  package static func choice<T: RawRepresentable<String> & CaseIterable & Sendable>(
    _ name: String, _ path: WritableKeyPath<Op, T> & Sendable
  ) -> Attribute {
    Attribute(
      name, .choice(T.allCases.map(\.rawValue)), path, wrap: { .string($0.rawValue) }, unwrap: { $0.asString.flatMap(T.init(rawValue:)) })
  }
}

extension AttributeValue {
  fileprivate var asInt: Int? { if case .int(let value) = self { value } else { nil } }
  fileprivate var asBool: Bool? { if case .bool(let value) = self { value } else { nil } }
  fileprivate var asString: String? { if case .string(let value) = self { value } else { nil } }

  fileprivate var asInts: [Int]? {
    switch self {
    case .ints(let values): values
    case .floats(let values): values.isEmpty ? [] : nil
    case .bool, .int, .float, .string, .strings: nil
    }
  }

  fileprivate var asDims: Shape? {
    if case .strings(let texts) = self {
      let dims = texts.compactMap { Dim(text: $0) }
      return dims.count == texts.count ? dims : nil
    }
    return asInts.map { Shape($0) }
  }

  fileprivate var asDouble: Double? {
    switch self {
    case .float(let value): value
    case .int(let value): Double(value)
    case .bool, .string, .ints, .floats, .strings: nil
    }
  }

  fileprivate var asDoubles: [Double]? {
    switch self {
    case .floats(let values): values
    case .ints(let values): values.map { Double($0) }
    case .bool, .int, .float, .string, .strings: nil
    }
  }
}

extension Operator {
  /// The operator with the attributes of a file; those that are not named keep their defaults.
  package init(attributes given: [String: AttributeValue]) throws(Diagnostic) {
    self.init()
    var left = given
    for attribute in Self.attributes {
      if let value = left.removeValue(forKey: attribute.name) { try attribute.write(&self, value) }
    }
    guard let stray = left.keys.sorted().first else { return }
    let known = Self.attributes.map(\.name).joined(separator: ", ")
    throw Diagnostic("\(Self.name) has no attribute \"\(stray)\"", hint: known.isEmpty ? "it has none" : "it has: \(known)")
  }

  /// Attributes that differ from their defaults, in the order of their declaration.
  package var attributeValues: [(name: String, value: AttributeValue)] {
    Self.attributes.map { ($0.name, $0.read(self)) }
  }
}
