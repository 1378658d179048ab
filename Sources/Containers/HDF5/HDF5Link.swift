import Tensors

/// What a name in a group stands for.
enum HDF5Link: Sendable {
  case object(UInt64)
  /// A soft or external link, which is not followed.
  case indirect

  /// The links of the group that `header` describes.
  static func all(in header: HDF5Header, _ format: HDF5Format) throws(Diagnostic) -> [String: HDF5Link] {
    if var table = try header.optional(HDF5Header.Kind.symbolTable) {
      let tree = try format.address(&table, "the tree of a group")
      let heap = try format.address(&table, "the names of a group")
      return try HDF5SymbolTable(format, heap: heap).links(tree)
    }
    if let info = try header.optional(HDF5Header.Kind.linkInfo) {
      try refuseDense(info, format, "groups in the newest form (a fractal heap)")
    }
    var links: [String: HDF5Link] = [:]
    for message in header.all(HDF5Header.Kind.link) {
      var body = message.body
      let (name, link) = try parse(&body, format)
      try add(link, name, to: &links, message.body)
    }
    return links
  }

  /// A name that is empty or a path would lead somewhere else than its link.
  static func add(_ link: HDF5Link, _ name: String, to links: inout [String: HDF5Link], _ source: ByteReader) throws(Diagnostic) {
    guard !name.isEmpty, !name.contains("/"), links.updateValue(link, forKey: name) == nil else {
      throw source.damaged("the name \"\(printable(name, limit: 200))\" is there twice or is no name")
    }
  }

  /// Refuses links or attributes that are kept in a fractal heap, whose address `info` gives.
  static func refuseDense(_ info: ByteReader, _ format: HDF5Format, isAttributes: Bool = false, _ what: String) throws(Diagnostic) {
    var reader = info
    try reader.skip(1)
    let flags = try reader.byte()
    if flags & 1 != 0 { try reader.skip(isAttributes ? 2 : 8) }
    if try format.address(&reader) != nil { throw info.unsupported(what) }
  }

  private static func parse(_ reader: inout ByteReader, _ format: HDF5Format) throws(Diagnostic) -> (String, HDF5Link) {
    try reader.skip(1)
    let flags = try reader.byte()
    let kind = flags & 8 != 0 ? try reader.byte() : 0
    if flags & 4 != 0 { try reader.skip(8) }
    if flags & 0x10 != 0 { try reader.skip(1) }
    let length = try reader.count(width: 1 << Int(flags & 3))
    let name = try reader.text(length)
    return (name, kind == 0 ? .object(try format.address(&reader, "the object \"\(name)\"")) : .indirect)
  }
}

/// The symbol table of an old group: a B-tree of version 1 whose leaves name objects.
private struct HDF5SymbolTable {
  private let format: HDF5Format
  /// The names, each ended by a zero.
  private let names: ByteReader

  init(_ format: HDF5Format, heap address: UInt64) throws(Diagnostic) {
    self.format = format
    var heap = try format.reader(at: address, "the names of a group")
    try heap.expect("HEAP", "the names of a group")
    try heap.skip(4)
    let size = try format.length(&heap)
    try heap.skip(format.lengthWidth)
    var segment = try format.reader(at: try format.address(&heap, "the names of a group"), "the names of a group")
    names = try segment.slice(size)
  }

  func links(_ tree: UInt64) throws(Diagnostic) -> [String: HDF5Link] {
    var links: [String: HDF5Link] = [:]
    let leaves = try HDF5Tree(format, kind: 0, keySize: format.lengthWidth).leaves(tree)
    for leaf in leaves {
      for (name, link) in try symbols(leaf.child) {
        try HDF5Link.add(link, name, to: &links, names)
      }
    }
    return links
  }

  private func symbols(_ address: UInt64) throws(Diagnostic) -> [(String, HDF5Link)] {
    var reader = try format.reader(at: address, "the objects of a group")
    try reader.expect("SNOD", "the objects of a group")
    try reader.skip(2)
    var symbols: [(String, HDF5Link)] = []
    for _ in 0..<(try reader.little(UInt16.self)) {
      let name = try name(format.heapOffset(&reader))
      let before = reader
      let address = try format.address(&reader)
      let kind = try reader.little(UInt32.self)
      try reader.skip(20)
      if kind == 2 {
        symbols.append((name, .indirect))
      } else {
        guard let address else { throw before.damaged("the address of \"\(name)\" is not set") }
        symbols.append((name, .object(address)))
      }
    }
    return symbols
  }

  private func name(_ offset: Int) throws(Diagnostic) -> String {
    var reader = names
    try reader.skip(offset)
    return try reader.text(reader.count { $0 == 0 })
  }
}
