import Tensors

/// Where the central directory of a zip file is, which its end tells.
struct ZipDirectory {
  private var count: UInt64
  private var size: UInt64
  private var offset: UInt64

  init(_ whole: ByteReader) throws(Diagnostic) {
    var (reader, end) = try Self.end(of: whole)
    try reader.skip(8)
    count = UInt64(try reader.little(UInt16.self))
    try reader.skip(2)
    size = UInt64(try reader.little(UInt32.self))
    offset = UInt64(try reader.little(UInt32.self))
    if count == 0xFFFF || size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF { try readLarge(whole, end) }
  }

  /// The last record of the file, which only a comment follows.
  private static func end(of whole: ByteReader) throws(Diagnostic) -> (ByteReader, position: Int) {
    let last = whole.remaining - 22
    for position in stride(from: last, through: max(0, last - 0xFFFF), by: -1) where whole.peek(ahead: position) == 0x50 {
      var reader = try whole.at(UInt64(position), "the end of the directory")
      guard try reader.unsigned(width: 4) == 0x0605_4B50 else { continue }
      let start = try whole.at(UInt64(position), "the end of the directory")
      try reader.skip(16)
      if Int(try reader.little(UInt16.self)) == reader.remaining { return (start, position) }
    }
    throw whole.problem("the directory at the end of a zip file is missing", hint: "the file is cut short or no zip file; fetch it again")
  }

  /// The record for archives beyond 4 GB or 65535 entries, whose place a locator of 20 bytes before `end` tells.
  private mutating func readLarge(_ whole: ByteReader, _ end: Int) throws(Diagnostic) {
    guard end >= 20 else { throw whole.damaged("the zip64 directory is missing") }
    var locator = try whole.at(UInt64(end - 20), "the zip64 locator")
    guard try locator.unsigned(width: 4) == 0x0706_4B50 else { return }
    try locator.skip(4)
    var reader = try whole.at(try locator.little(UInt64.self), "the zip64 directory")
    try reader.expect("PK\u{6}\u{6}", "the zip64 directory")
    try reader.skip(28)
    count = try reader.little()
    size = try reader.little()
    offset = try reader.little()
  }

  /// All entries, in order.
  func entries(_ whole: ByteReader) throws(Diagnostic) -> [ZipEntry] {
    var all = try whole.at(offset, "the directory")
    guard let size = Int(exactly: size) else { throw all.damaged("a directory of \(size) bytes") }
    var reader = try all.slice(size)
    var entries: [ZipEntry] = []
    while !reader.isAtEnd { entries.append(try ZipEntry(&reader)) }
    guard entries.count == count else {
      throw all.problem(
        "the directory has \(entries.count) entries, declared are \(count)", hint: "the file is damaged; zip the files again")
    }
    return entries
  }
}
