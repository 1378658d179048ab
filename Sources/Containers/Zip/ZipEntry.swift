import Tensors

/// One file of a zip archive, as the central directory describes it.
struct ZipEntry: Sendable {
  let name: String
  let method: UInt16
  let checksum: UInt32
  let storedSize: Int
  let size: Int
  let headerOffset: UInt64

  /// Reads one record of the central directory.
  init(_ reader: inout ByteReader) throws(Diagnostic) {
    let start = reader
    try reader.expect("PK\u{1}\u{2}", "an entry of the directory")
    try reader.skip(4)
    let flags = try reader.little(UInt16.self)
    method = try reader.little(UInt16.self)
    try reader.skip(4)
    checksum = try reader.little(UInt32.self)
    var sizes = ZipSizes(stored: UInt64(try reader.little(UInt32.self)), plain: UInt64(try reader.little(UInt32.self)))
    let lengths = (
      name: Int(try reader.little(UInt16.self)), extra: Int(try reader.little(UInt16.self)), note: Int(try reader.little(UInt16.self))
    )
    try reader.skip(8)
    sizes.offset = UInt64(try reader.little(UInt32.self))
    name = try reader.text(lengths.name)
    try sizes.widen(reader.slice(lengths.extra))
    try reader.skip(lengths.note)
    guard flags & 0x2041 == 0 else { throw start.problem("\"\(name)\" is encrypted", hint: "unzip it and zip it without a password") }
    guard let storedSize = Int(exactly: sizes.stored), let size = Int(exactly: sizes.plain) else {
      throw start.problem("\"\(name)\" has \(sizes.plain) bytes, larger than any memory")
    }
    (self.storedSize, self.size, headerOffset) = (storedSize, size, sizes.offset)
    try checkName(start)
  }

  private func checkName(_ start: ByteReader) throws(Diagnostic) {
    let steps = name.split(separator: "/", omittingEmptySubsequences: false)
    guard !name.isEmpty, !name.hasPrefix("/"), !name.contains("\\"), !name.contains("\0"), !name.contains(":"), !steps.contains("..") else {
      throw start.problem(
        "the name \"\(printable(name, limit: 200))\" leads out of the archive", hint: "the file is hostile; zip the files again")
    }
  }

  /// The bytes, inflated and checked.
  func contents(_ whole: ByteReader) throws(Diagnostic) -> [UInt8] {
    var reader = try whole.at(headerOffset, "an entry")
    let start = reader
    try reader.expect("PK\u{3}\u{4}", "an entry")
    try reader.skip(22)
    let lengths = (name: Int(try reader.little(UInt16.self)), extra: Int(try reader.little(UInt16.self)))
    guard try reader.text(lengths.name) == name else { throw start.problem("the entry has another name than in the directory") }
    try reader.skip(lengths.extra)
    let stored = try reader.slice(storedSize)
    let bytes = try plain(stored)
    guard bytes.count == size else {
      throw start.problem("unfolds to \(bytes.count) bytes, declared are \(size)", hint: "zip the files again")
    }
    guard crc32(of: bytes) == checksum else { throw start.problem("the checksum is wrong", hint: "the file is damaged; fetch it again") }
    return bytes
  }

  private func plain(_ stored: ByteReader) throws(Diagnostic) -> [UInt8] {
    var reader = stored
    switch method {
    case 0: return try reader.bytes(storedSize)
    case 8: return try inflated(reader.bytes(storedSize), .raw, limit: size, stored)
    default:
      throw stored.problem(
        "compressed by method \(method); read are stored and deflated entries", hint: "zip it again with the usual settings")
    }
  }
}

/// The sizes of an entry; those that do not fit 32 bits are in an extra field.
private struct ZipSizes {
  var stored: UInt64
  var plain: UInt64
  var offset: UInt64 = 0

  mutating func widen(_ extra: ByteReader) throws(Diagnostic) {
    var reader = extra
    while reader.remaining >= 4 {
      let kind = try reader.little(UInt16.self)
      var field = try reader.slice(Int(try reader.little(UInt16.self)))
      guard kind == 1 else { continue }
      if plain == 0xFFFF_FFFF { plain = try field.little() }
      if stored == 0xFFFF_FFFF { stored = try field.little() }
      if offset == 0xFFFF_FFFF { offset = try field.little() }
    }
  }
}
