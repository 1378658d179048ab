import Tensors

/// Parses JSON as RFC 8259 has it, and `NaN`, `Infinity` and `-Infinity` as Python writes them.
struct JSONParser {
  var reader: ByteReader
  private static let depth = 256
  private var budget = Budget(depth: Self.depth, bytes: .max)
  private var line: Int32 = 1
  private var lineStart = 0

  init(_ bytes: [UInt8], file: String?) {
    reader = ByteReader(bytes, format: "JSON", file: file)
  }

  /// The one value of the text.
  mutating func document() throws(Diagnostic) -> JSONNode {
    for mark in [0xEF, 0xBB, 0xBF] as [UInt8] where !reader.skip(byte: mark) { break }
    skipSpace()
    let value = try value()
    skipSpace()
    guard reader.isAtEnd else { throw unexpected("the end of the text after one value") }
    return value
  }

  mutating func value() throws(Diagnostic) -> JSONNode {
    let (line, column) = (line, column)
    return JSONNode(content: try content(), line: line, column: column)
  }

  private mutating func content() throws(Diagnostic) -> JSONNode.Content {
    switch reader.peek() {
    case UInt8(ascii: "{"): try nested { (parser) throws(Diagnostic) in try parser.object() }
    case UInt8(ascii: "["): try nested { (parser) throws(Diagnostic) in try parser.array() }
    case UInt8(ascii: "\""): .string(try string())
    case UInt8(ascii: "t"): try word("true", .bool(true))
    case UInt8(ascii: "f"): try word("false", .bool(false))
    case UInt8(ascii: "n"): try word("null", .null)
    default: try number().content
    }
  }

  private mutating func nested(
    _ body: (inout JSONParser) throws(Diagnostic) -> JSONNode.Content
  ) throws(Diagnostic) -> JSONNode.Content {
    guard budget.depth > 0 else { throw problem("values are nested more than \(Self.depth) deep") }
    try budget.enter(reader)
    defer { budget.leave() }
    try reader.skip(1)
    return try body(&self)
  }

  private mutating func object() throws(Diagnostic) -> JSONNode.Content {
    var members = JSONMembers()
    skipSpace()
    if reader.skip(byte: UInt8(ascii: "}")) { return .object(members) }
    repeat {
      skipSpace()
      guard reader.peek() == UInt8(ascii: "\"") else { throw unexpected("a key in double quotes") }
      let place = self
      let key = try string()
      skipSpace()
      guard reader.skip(byte: UInt8(ascii: ":")) else { throw unexpected("':' after the key \"\(printable(key, limit: 60))\"") }
      skipSpace()
      guard members.add(key, try value()) else {
        throw place.problem("the key \"\(printable(key, limit: 60))\" occurs twice in one object", "remove or rename one of the two")
      }
      skipSpace()
    } while reader.skip(byte: UInt8(ascii: ","))
    guard reader.skip(byte: UInt8(ascii: "}")) else { throw unexpected("',' or '}' after a member") }
    return .object(members)
  }

  private mutating func array() throws(Diagnostic) -> JSONNode.Content {
    let (line, column) = (line, column)
    var elements = JSONElements(line: line, column: column)
    skipSpace()
    if reader.skip(byte: UInt8(ascii: "]")) { return .array([]) }
    repeat {
      skipSpace()
      if let number = try numberIfAny() { elements.add(number) } else { elements.add(try value()) }
      skipSpace()
    } while reader.skip(byte: UInt8(ascii: ","))
    guard reader.skip(byte: UInt8(ascii: "]")) else { throw unexpected("',' or ']' after an element") }
    return elements.content
  }

  private mutating func word(_ word: String, _ content: JSONNode.Content) throws(Diagnostic) -> JSONNode.Content {
    let before = self
    for byte in word.utf8 where !reader.skip(byte: byte) { throw before.unexpected(word) }
    return content
  }
}

extension JSONParser {
  /// The 1-based column of the next byte, in bytes.
  private var column: Int32 { Int32(clamping: reader.offset - lineStart + 1) }

  private mutating func skipSpace() {
    while let byte = reader.peek() {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): _ = reader.skip(byte: byte)
      case UInt8(ascii: "\n"):
        _ = reader.skip(byte: byte)
        line &+= 1
        lineStart = reader.offset
      default: return
      }
    }
  }

  /// A problem at the next byte.
  func problem(_ message: String, _ hint: String? = nil) -> Diagnostic {
    Diagnostic("JSON: \(message)", hint: hint, place: Place(file: reader.file, line: Int(line), column: Int(column)))
  }

  func unexpected(_ expected: String) -> Diagnostic {
    guard let found = reader.peek() else { return problem("the text ends; expected \(expected)", "the file is cut short") }
    let shown = found < 0x80 ? "'\(printable(String(UnicodeScalar(found))))'" : "the byte \(found)"
    return problem("found \(shown), expected \(expected)")
  }
}
