/// A JSON value to write: members stay in the order given, so the same value gives the same text.
///
///     let manifest: JSON = ["name": "model", "macs": 1200, "inputs": .array(inputs.map { JSON.string($0) })]
///     manifest.pretty                                                  // ends with a line break
package enum JSON: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  /// Written as the shortest text that reads back as the same double; NaN and infinities as Python writes them.
  case number(Double)
  case string(String)
  case array([JSON])
  case object([Member])

  package struct Member: Hashable, Sendable {
    package var key: String
    package var value: JSON

    package init(_ key: String, _ value: JSON) {
      self.key = key
      self.value = value
    }
  }
}

extension JSON {
  /// The text in one line without spaces.
  package var compact: String {
    var writer = JSONWriter(indented: false)
    writer.write(self)
    return writer.text
  }

  /// The text with a member to a line, indented by two spaces; arrays of plain values stay in one line.
  package var pretty: String {
    var writer = JSONWriter(indented: true)
    writer.write(self)
    return writer.text + "\n"
  }

  fileprivate var isPlain: Bool {
    switch self {
    case .array, .object: false
    case .null, .bool, .integer, .number, .string: true
    }
  }
}

private struct JSONWriter {
  let indented: Bool
  private(set) var text = ""
  private var depth = 0

  init(indented: Bool) { self.indented = indented }

  mutating func write(_ value: JSON) {
    switch value {
    case .null: text += "null"
    case .bool(let flag): text += flag ? "true" : "false"
    case .integer(let value): text += "\(value)"
    case .number(let value): text += Self.text(of: value)
    case .string(let value): write(value)
    case .array(let elements):
      list("[", elements, "]", inLine: elements.allSatisfy(\.isPlain)) { writer, element in writer.write(element) }
    case .object(let members):
      list("{", members, "}", inLine: false) { writer, member in
        writer.write(member.key)
        writer.text += writer.indented ? ": " : ":"
        writer.write(member.value)
      }
    }
  }

  private mutating func list<T>(_ open: String, _ items: [T], _ close: String, inLine: Bool, _ body: (inout JSONWriter, T) -> Void) {
    text += open
    depth += 1
    for (index, item) in items.enumerated() {
      if index > 0 { text += inLine && indented ? ", " : "," }
      if !inLine { breakLine() }
      body(&self, item)
    }
    depth -= 1
    if !inLine && !items.isEmpty { breakLine() }
    text += close
  }

  private mutating func breakLine() {
    if indented { text += "\n" + String(repeating: "  ", count: depth) }
  }

  private static func text(of value: Double) -> String {
    if value.isNaN { return "NaN" }
    return value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : "\(value)"
  }

  private mutating func write(_ string: String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0}"..."\u{1F}", "\u{7F}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral {
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int) { self = .integer(value) }
  package init(floatLiteral value: Double) { self = .number(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSON: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral {
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  package init(dictionaryLiteral members: (String, JSON)...) { self = .object(members.map { Member($0.0, $0.1) }) }
  package init(nilLiteral: ()) { self = .null }
}
