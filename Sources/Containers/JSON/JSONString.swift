import Tensors

extension JSONParser {
  /// The string that starts at the next byte, a quote.
  mutating func string() throws(Diagnostic) -> String {
    let start = self
    guard reader.skip(byte: UInt8(ascii: "\"")) else { throw unexpected("a string") }
    var text = ""
    while true {
      let plain = reader.count { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") || $0 < 0x20 }
      let before = self
      do throws(Diagnostic) { text += try reader.text(plain) } catch { throw before.problem("a string is not UTF-8") }
      if reader.skip(byte: UInt8(ascii: "\"")) { return text }
      guard !reader.isAtEnd else { throw start.problem("a string does not end", "the file is cut short") }
      guard reader.skip(byte: UInt8(ascii: "\\")) else { throw unexpected("no control character in a string") }
      text.unicodeScalars.append(try escape())
    }
  }

  /// What follows a backslash.
  private mutating func escape() throws(Diagnostic) -> Unicode.Scalar {
    let before = self
    guard let kind = reader.peek() else { throw before.problem("a string does not end", "the file is cut short") }
    try reader.skip(1)
    switch kind {
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(kind)
    case UInt8(ascii: "u"): return try unicodeEscape(before)
    default: throw before.unexpected("one of \" \\ / b f n r t u after a backslash")
    }
  }

  private mutating func unicodeEscape(_ start: JSONParser) throws(Diagnostic) -> Unicode.Scalar {
    let first = try hexadecimal()
    if let scalar = Unicode.Scalar(first) { return scalar }
    let lone = start.problem("half of a surrogate pair in a string", "a character beyond U+FFFF is written as two \\u escapes")
    guard first < 0xDC00, reader.skip(byte: UInt8(ascii: "\\")), reader.skip(byte: UInt8(ascii: "u")) else { throw lone }
    let second = try hexadecimal()
    guard (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw lone }
    return scalar
  }

  private mutating func hexadecimal() throws(Diagnostic) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = reader.peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw unexpected("four hexadecimal digits after \\u")
      }
      try reader.skip(1)
      value = value << 4 | UInt32(digit)
    }
    return value
  }
}
