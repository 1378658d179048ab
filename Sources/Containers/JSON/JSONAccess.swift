import Tensors

/// What this value is; each throws at its place if it is something else.
extension JSONValue {
  package var isNull: Bool { if case .null = node.content { true } else { false } }
  package var isObject: Bool { if case .object = node.content { true } else { false } }
  package var isArray: Bool { count != nil && !isObject }
  package var isString: Bool { if case .string = node.content { true } else { false } }

  package func string() throws(Diagnostic) -> String {
    guard case .string(let text) = node.content else { throw wrongKind("a string") }
    return text
  }

  package func bool() throws(Diagnostic) -> Bool {
    guard case .bool(let flag) = node.content else { throw wrongKind("true or false") }
    return flag
  }

  /// An integer; `3.0` counts as one, beyond 64 bits nothing does.
  package func int() throws(Diagnostic) -> Int {
    switch node.content {
    case .integer(let value): return Int(value)
    case .number(let value):
      guard let exact = Int(exactly: value) else { throw wrongKind("an integer") }
      return exact
    case .null, .bool, .string, .integers, .numbers, .array, .object: throw wrongKind("an integer")
    }
  }

  /// The number, rounded to a double where it is a long integer.
  package func double() throws(Diagnostic) -> Double {
    switch node.content {
    case .integer(let value): return Double(value)
    case .number(let value): return value
    case .null, .bool, .string, .integers, .numbers, .array, .object: throw wrongKind("a number")
    }
  }

  /// The elements of an array.
  package func array() throws(Diagnostic) -> [JSONValue] {
    guard isArray, let count else { throw wrongKind("an array") }
    return (0..<count).compactMap { self[$0] }
  }

  /// The members of an object in the order of the file.
  package func members() throws(Diagnostic) -> [(key: String, value: JSONValue)] {
    guard isObject else { throw wrongKind("an object") }
    return keys.compactMap { key in self[key].map { (key, $0) } }
  }

  package func strings() throws(Diagnostic) -> [String] { try map { (value) throws(Diagnostic) in try value.string() } }

  package func ints() throws(Diagnostic) -> [Int] {
    if case .integers(let values) = node.content { return values.map { Int($0) } }
    return try map { (value) throws(Diagnostic) in try value.int() }
  }

  /// The numbers of an array; fast, however long it is.
  package func doubles() throws(Diagnostic) -> [Double] {
    switch node.content {
    case .numbers(let values): return values
    case .integers(let values): return values.map { Double($0) }
    default: return try map { (value) throws(Diagnostic) in try value.double() }
    }
  }

  /// `body` of every element of an array.
  package func map<T>(_ body: (JSONValue) throws(Diagnostic) -> T) throws(Diagnostic) -> [T] {
    var result: [T] = []
    for element in try array() { result.append(try body(element)) }
    return result
  }

  /// A problem that says what was found here in place of `expected`.
  package func wrongKind(_ expected: String) -> Diagnostic { problem("found \(summary), expected \(expected)") }

  /// The value in a few words, for messages: `the string "same"`, `an array of 3`.
  package var summary: String {
    switch node.content {
    case .null: "null"
    case .bool(let flag): "\(flag)"
    case .integer(let value): "the number \(value)"
    case .number(let value): "the number \(value)"
    case .string(let text): "the string \"\(printable(text, limit: 60))\""
    case .integers, .numbers, .array: "an array of \(count ?? 0)"
    case .object(let members):
      "an object with \(members.keys.isEmpty ? "no keys" : "the keys " + members.keys.prefix(6).joined(separator: ", "))"
    }
  }
}

/// Members by key. The forms without a default throw where the key is missing or its value is of another kind; those with a
/// default give it where the key is missing or its value is `null`, as Keras writes what was left out.
extension JSONValue {
  package func value(_ key: String) throws(Diagnostic) -> JSONValue {
    if let member = self[key] { return member }
    guard isObject else { throw wrongKind("an object with the key \"\(key)\"") }
    throw problem("the key \"\(key)\" is missing from \(summary)")
  }

  /// The member `key` unless it is missing or `null`.
  package func optional(_ key: String) -> JSONValue? {
    self[key].flatMap { $0.isNull ? nil : $0 }
  }

  package func string(_ key: String) throws(Diagnostic) -> String { try value(key).string() }
  package func bool(_ key: String) throws(Diagnostic) -> Bool { try value(key).bool() }
  package func int(_ key: String) throws(Diagnostic) -> Int { try value(key).int() }
  package func double(_ key: String) throws(Diagnostic) -> Double { try value(key).double() }
  package func array(_ key: String) throws(Diagnostic) -> [JSONValue] { try value(key).array() }
  package func members(_ key: String) throws(Diagnostic) -> [(key: String, value: JSONValue)] { try value(key).members() }
  package func strings(_ key: String) throws(Diagnostic) -> [String] { try value(key).strings() }
  package func ints(_ key: String) throws(Diagnostic) -> [Int] { try value(key).ints() }
  package func doubles(_ key: String) throws(Diagnostic) -> [Double] { try value(key).doubles() }

  package func string(_ key: String, default other: String) throws(Diagnostic) -> String { try optional(key)?.string() ?? other }
  package func bool(_ key: String, default other: Bool) throws(Diagnostic) -> Bool { try optional(key)?.bool() ?? other }
  package func int(_ key: String, default other: Int) throws(Diagnostic) -> Int { try optional(key)?.int() ?? other }
  package func double(_ key: String, default other: Double) throws(Diagnostic) -> Double { try optional(key)?.double() ?? other }
  package func array(_ key: String, default other: [JSONValue]) throws(Diagnostic) -> [JSONValue] { try optional(key)?.array() ?? other }
  package func ints(_ key: String, default other: [Int]) throws(Diagnostic) -> [Int] { try optional(key)?.ints() ?? other }
}
