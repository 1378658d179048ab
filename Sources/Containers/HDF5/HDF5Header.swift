import Tensors

/// The messages of one object, from all blocks of its header.
struct HDF5Header: Sendable {
  enum Kind {
    static let dataspace: UInt16 = 0x1
    static let linkInfo: UInt16 = 0x2
    static let datatype: UInt16 = 0x3
    static let fillValue: UInt16 = 0x5
    static let link: UInt16 = 0x6
    static let externalFiles: UInt16 = 0x7
    static let layout: UInt16 = 0x8
    static let filters: UInt16 = 0xB
    static let attribute: UInt16 = 0xC
    static let continuation: UInt16 = 0x10
    static let symbolTable: UInt16 = 0x11
    static let attributeInfo: UInt16 = 0x15
  }

  struct Message: Sendable {
    let kind: UInt16
    let isShared: Bool
    let body: ByteReader
  }

  private(set) var messages: [Message] = []
  /// Where the header is, for problems with what is missing from it.
  let start: ByteReader

  init(_ format: HDF5Format, at address: UInt64) throws(Diagnostic) {
    start = try format.reader(at: address, "an object header")
    var blocks = HDF5HeaderBlocks(format, address)
    var next: ByteReader? = start
    while let block = next {
      messages += try blocks.messages(of: block)
      next = try blocks.following()
    }
  }

  func all(_ kind: UInt16) -> [Message] { messages.filter { $0.kind == kind } }

  /// The body of the message of `kind`, if there is one.
  func optional(_ kind: UInt16) throws(Diagnostic) -> ByteReader? {
    guard let message = messages.first(where: { $0.kind == kind }) else { return nil }
    guard !message.isShared else { throw message.body.unsupported("properties shared between objects (named datatypes)") }
    return message.body
  }

  func required(_ kind: UInt16, _ what: String) throws(Diagnostic) -> ByteReader {
    guard let body = try optional(kind) else { throw start.damaged("an object without \(what)") }
    return body
  }
}

/// Walks the blocks of one object header, each at most once.
private struct HDF5HeaderBlocks {
  private let format: HDF5Format
  private var visited: Set<UInt64>
  private var pending: [(address: UInt64, length: Int)] = []
  /// Set by the first block.
  private var isOld = true
  private var hasCreationOrder = false
  private var isFirst = true
  /// Messages so far; blocks of a hostile file may overlap.
  private var seen = 0

  init(_ format: HDF5Format, _ address: UInt64) {
    self.format = format
    visited = [address]
  }

  /// The next block that a message named, without what comes around its messages.
  mutating func following() throws(Diagnostic) -> ByteReader? {
    guard let (address, length) = pending.popLast() else { return nil }
    var reader = try format.reader(at: address, "the rest of an object header")
    guard visited.insert(address).inserted else { throw reader.damaged("an object header contains itself") }
    var block = try reader.slice(length)
    if !isOld {
      try block.expect("OCHK", "the rest of an object header")
      guard block.remaining >= 4 else { throw block.damaged("an object header without a checksum") }
      return try block.slice(block.remaining - 4)
    }
    return block
  }

  mutating func messages(of block: ByteReader) throws(Diagnostic) -> [HDF5Header.Message] {
    var reader = isFirst ? try firstBlock(block) : block
    isFirst = false
    var messages: [HDF5Header.Message] = []
    let smallest = isOld ? 8 : hasCreationOrder ? 6 : 4
    while reader.remaining >= smallest {
      seen += 1
      guard seen <= 100_000 else { throw reader.damaged("an object header of more than 100000 messages") }
      let message = try message(&reader)
      if message.kind == HDF5Header.Kind.continuation {
        var body = message.body
        pending.append((try format.address(&body, "the rest of an object header"), try format.length(&body)))
      } else if message.kind != 0 {
        messages.append(message)
      }
    }
    return messages
  }

  private mutating func message(_ reader: inout ByteReader) throws(Diagnostic) -> HDF5Header.Message {
    let kind = isOld ? try reader.little(UInt16.self) : UInt16(try reader.byte())
    let size = Int(try reader.little(UInt16.self))
    let flags = try reader.byte()
    try reader.skip(isOld ? 3 : hasCreationOrder ? 2 : 0)
    return HDF5Header.Message(kind: kind, isShared: flags & 2 != 0, body: try reader.slice(size))
  }

  /// The messages of the block that starts with the header's own fields.
  private mutating func firstBlock(_ block: ByteReader) throws(Diagnostic) -> ByteReader {
    var reader = block
    isOld = reader.peek() == 1
    if isOld {
      try reader.skip(8)
      let size = Int(try reader.little(UInt32.self))
      try reader.skip(4)
      return try reader.slice(size)
    }
    try reader.expect("OHDR", "an object header")
    let version = try reader.byte()
    guard version == 2 else { throw reader.unsupported("object headers of version \(version)") }
    let flags = try reader.byte()
    hasCreationOrder = flags & 4 != 0
    try reader.skip((flags & 0x20 != 0 ? 16 : 0) + (flags & 0x10 != 0 ? 4 : 0))
    let size = try reader.count(width: 1 << Int(flags & 3))
    return try reader.slice(size)
  }
}
