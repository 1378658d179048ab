import Tensors

/// Reads bytes that nobody vouches for: every access is checked, and what is wrong becomes a `Diagnostic` that names the
/// format and the byte. No other type of this module indexes the bytes of a file.
package struct ByteReader: Sendable {
  private let bytes: [UInt8]
  private let end: Int
  /// The next byte to read, counted from the start of the whole file, also in a slice.
  package private(set) var offset: Int
  /// What the bytes are, for messages: `HDF5`.
  package let format: String
  /// The file as the user named it, for messages.
  package let file: String?

  package init(_ bytes: [UInt8], format: String, file: String? = nil) {
    self.bytes = bytes
    self.end = bytes.count
    self.offset = 0
    self.format = format
    self.file = file
  }

  private init(_ parent: ByteReader, from start: Int, to end: Int) {
    bytes = parent.bytes
    self.end = end
    offset = start
    format = parent.format
    file = parent.file
  }

  /// Bytes left to read.
  package var remaining: Int { end - offset }
  package var isAtEnd: Bool { offset >= end }

  /// The next byte, which stays unread; `nil` at the end.
  package func peek() -> UInt8? { offset < end ? bytes[offset] : nil }

  /// The byte `distance` after the next one; `nil` beyond the end.
  package func peek(ahead distance: Int) -> UInt8? {
    distance >= 0 && distance < remaining ? bytes[offset + distance] : nil
  }

  /// A problem at the next byte.
  package func problem(_ message: String, hint: String? = nil) -> Diagnostic {
    Diagnostic("\(format), byte \(offset): \(message)", hint: hint, place: Place(file: file))
  }

  /// A problem at the next byte that no sound file of the format has.
  package func damaged(_ message: String) -> Diagnostic {
    problem(message, hint: "the file is damaged; fetch it or save it again")
  }

  /// The only bounds check: passes `count` bytes and gives the index of the first.
  private mutating func advance(_ count: Int) throws(Diagnostic) -> Int {
    guard count >= 0, count <= end - offset else {
      throw damaged("needs \(count) bytes and \(remaining) are left")
    }
    defer { offset += count }
    return offset
  }
}

extension ByteReader {
  package mutating func skip(_ count: Int) throws(Diagnostic) { _ = try advance(count) }

  /// Passes the next byte if it is `byte`.
  package mutating func skip(byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    offset += 1
    return true
  }

  /// A reader of the next `count` bytes that cannot see beyond them; they are passed.
  package mutating func slice(_ count: Int) throws(Diagnostic) -> ByteReader {
    let start = try advance(count)
    return ByteReader(self, from: start, to: start + count)
  }

  /// A reader from byte `position` of the file to the end of this one.
  package func at(_ position: UInt64, _ what: String) throws(Diagnostic) -> ByteReader {
    guard let start = Int(exactly: position), start <= end else {
      throw damaged("\(what) should be at byte \(position), beyond the end at \(end)")
    }
    return ByteReader(self, from: start, to: end)
  }

  package mutating func bytes(_ count: Int) throws(Diagnostic) -> [UInt8] {
    let start = try advance(count)
    return Array(bytes[start..<start + count])
  }

  /// `count` bytes of UTF-8.
  package mutating func text(_ count: Int) throws(Diagnostic) -> String {
    let before = self
    let start = try advance(count)
    guard let text = String(validating: bytes[start..<start + count], as: UTF8.self) else {
      throw before.problem("\(count) bytes of text are not UTF-8")
    }
    return text
  }

  /// Bytes up to the next one that `stops`, which stays unread; all that are left if none does.
  package func count(until stops: (UInt8) -> Bool) -> Int {
    (bytes[offset..<end].firstIndex(where: stops) ?? end) - offset
  }
}

extension ByteReader {
  /// The next little-endian integer.
  package mutating func little<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type = T.self) throws(Diagnostic) -> T {
    let start = try advance(MemoryLayout<T>.size)
    return T(littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start, as: T.self) })
  }

  package mutating func byte() throws(Diagnostic) -> UInt8 { try little() }

  /// The next unsigned little-endian integer of 1 to 8 bytes.
  package mutating func unsigned(width: Int) throws(Diagnostic) -> UInt64 {
    guard (1...8).contains(width) else { throw problem("an integer of \(width) bytes; expected 1 to 8") }
    let start = try advance(width)
    return bytes[start..<start + width].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The next unsigned integer of `width` bytes as a number of things in memory.
  package mutating func count(width: Int) throws(Diagnostic) -> Int {
    let before = self
    let value = try unsigned(width: width)
    guard let count = Int(exactly: value) else { throw before.problem("found the size \(value), larger than any memory") }
    return count
  }

  /// The next integer in groups of seven bits, lowest first, as protobuf writes it; at most 64 bits.
  package mutating func varint() throws(Diagnostic) -> UInt64 {
    let before = self
    var value: UInt64 = 0
    for shift in stride(from: 0 as UInt64, through: 63, by: 7) {
      let byte = try byte()
      guard shift < 63 || byte <= 1 else { break }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw before.damaged("an integer of more than 64 bits")
  }

  /// Passes `signature` or refuses, naming `what` was expected.
  package mutating func expect(_ signature: String, _ what: String) throws(Diagnostic) {
    let expected = Array(signature.utf8)
    let before = self
    let found = try bytes(expected.count)
    guard found == expected else {
      let shown = printable(String(decoding: found, as: UTF8.self))
      throw before.damaged("found \"\(shown)\", expected \"\(signature)\", the start of \(what)")
    }
  }
}
