import Tensors

/// The extents of a dataset in elements and bytes.
struct HDF5Extent: Sendable {
  let dims: [Int]
  let elementSize: Int
  let byteCount: Int
}

/// Where the data of one dataset lies, and how to put it together.
struct HDF5Storage {
  private let format: HDF5Format
  private let header: HDF5Header
  private let extent: HDF5Extent

  init(_ format: HDF5Format, _ header: HDF5Header, _ extent: HDF5Extent) {
    self.format = format
    self.header = header
    self.extent = extent
  }

  /// A reader of exactly the bytes of the dataset, in row-major order.
  func data() throws(Diagnostic) -> ByteReader {
    if let external = try header.optional(HDF5Header.Kind.externalFiles) { throw external.unsupported("data in other files") }
    var layout = try header.required(HDF5Header.Kind.layout, "a layout")
    let version = try layout.byte()
    switch version {
    case 1, 2: return try oldLayout(&layout)
    case 3, 4: return try newLayout(&layout, version: version)
    default: throw layout.unsupported("data layouts of version \(version)")
    }
  }

  private func newLayout(_ layout: inout ByteReader, version: UInt8) throws(Diagnostic) -> ByteReader {
    let kind = try layout.byte()
    switch kind {
    case 0: return try compact(&layout, size: Int(try layout.little(UInt16.self)))
    case 1: return try contiguous(try format.address(&layout), layout)
    case 2 where version == 3:
      let rank = Int(try layout.byte())
      return try chunked(try format.address(&layout), &layout, rank: rank)
    default: throw layout.unsupported("data layouts of kind \(kind) and version \(version)")
    }
  }

  private func oldLayout(_ layout: inout ByteReader) throws(Diagnostic) -> ByteReader {
    let rank = Int(try layout.byte())
    let kind = try layout.byte()
    try layout.skip(5)
    let address = kind == 0 ? nil : try format.address(&layout)
    switch kind {
    case 0:
      try layout.skip(4 * rank)
      return try compact(&layout, size: Int(try layout.little(UInt32.self)))
    case 1: return try contiguous(address, layout)
    case 2: return try chunked(address, &layout, rank: rank)
    default: throw layout.unsupported("data layouts of kind \(kind)")
    }
  }

  private func compact(_ layout: inout ByteReader, size: Int) throws(Diagnostic) -> ByteReader {
    var data = try layout.slice(size)
    return try data.slice(extent.byteCount)
  }

  private func contiguous(_ address: UInt64?, _ layout: ByteReader) throws(Diagnostic) -> ByteReader {
    if let filters = try header.optional(HDF5Header.Kind.filters) { throw filters.unsupported("filters of data in one piece") }
    guard let address else { return try reader(of: unwritten(layout), layout) }
    var data = try format.reader(at: address, "data")
    return try data.slice(extent.byteCount)
  }

  private func chunked(_ tree: UInt64?, _ layout: inout ByteReader, rank: Int) throws(Diagnostic) -> ByteReader {
    var chunk: [Int] = []
    for _ in 0..<rank { chunk.append(Int(try layout.little(UInt32.self))) }
    guard rank == extent.dims.count + 1, chunk.last == extent.elementSize, !chunk.contains(0), let chunkBytes = checkedProduct(chunk) else {
      throw layout.damaged("chunks \(chunk) of data \(extent.dims) of \(extent.elementSize) bytes")
    }
    let filters = try header.optional(HDF5Header.Kind.filters).map { (body) throws(Diagnostic) in try HDF5Filters(body) }
    var budget = Budget(fileSize: format.size)
    var data = try unwritten(layout, &budget)
    guard let tree else { return reader(of: data, layout) }
    let leaves = try HDF5Tree(format, kind: 1, keySize: 8 + 8 * rank).leaves(tree)
    for leaf in leaves {
      var key = leaf.key
      let size = Int(try key.little(UInt32.self))
      let mask = try key.little(UInt32.self)
      var corner: [Int] = []
      for _ in 0..<rank { corner.append(try key.count(width: 8)) }
      try budget.take(chunkBytes, for: leaf.key)
      var stored = try format.reader(at: leaf.child, "a chunk of data")
      let bytes = try HDF5Filters.undo(filters, stored.slice(size), skipping: mask, elementSize: extent.elementSize, expecting: chunkBytes)
      try HDF5Chunk(bytes: bytes, dims: chunk, corner: corner).copy(into: &data, extent, key: leaf.key)
    }
    return reader(of: data, layout)
  }

  private func reader(of bytes: [UInt8], _ layout: ByteReader) -> ByteReader { ByteReader(bytes, format: "HDF5 data", file: layout.file) }

  private func unwritten(_ layout: ByteReader) throws(Diagnostic) -> [UInt8] {
    var budget = Budget(fileSize: format.size)
    return try unwritten(layout, &budget)
  }

  /// The data as it is before anything is written: the fill value everywhere.
  private func unwritten(_ layout: ByteReader, _ budget: inout Budget) throws(Diagnostic) -> [UInt8] {
    try budget.take(extent.byteCount, for: layout)
    guard var data = try fillValue(), data.contains(where: { $0 != 0 }) else { return [UInt8](repeating: 0, count: extent.byteCount) }
    guard extent.byteCount > 0 else { return [] }
    while data.count < extent.byteCount { data += data.prefix(extent.byteCount - data.count) }
    return data
  }

  /// The bytes of one element where the file gives them.
  private func fillValue() throws(Diagnostic) -> [UInt8]? {
    guard var body = try header.optional(HDF5Header.Kind.fillValue) else { return nil }
    let version = try body.byte()
    let flags = try body.byte()
    if version == 3 {
      guard flags & 0x20 != 0 else { return nil }
    } else {
      try body.skip(1)
      guard try body.byte() != 0 || version == 1 else { return nil }
    }
    let size = Int(try body.little(UInt32.self))
    return size == extent.elementSize ? try body.bytes(size) : nil
  }
}

/// One chunk of a dataset; its dims and its corner end with an axis that runs over the bytes of an element.
private struct HDF5Chunk {
  let bytes: [UInt8]
  let dims: [Int]
  let corner: [Int]

  /// Copies what lies inside the dataset, row by row; the rest of a chunk at the border is filling.
  func copy(into data: inout [UInt8], _ extent: HDF5Extent, key: ByteReader) throws(Diagnostic) {
    let axes = extent.dims.indices
    guard axes.allSatisfy({ corner[$0] < extent.dims[$0] && corner[$0] % dims[$0] == 0 }) else {
      throw key.damaged("a chunk at \(corner.dropLast()), outside data of the extents \(extent.dims)")
    }
    let inside = axes.map { min(dims[$0], extent.dims[$0] - corner[$0]) }
    let rowBytes = (inside.last ?? 1) * extent.elementSize
    for row in Indices(Array(inside.dropLast())) {
      var (source, target) = (0, 0)
      for axis in axes {
        let within = axis < row.count ? row[axis] : 0
        source = source * dims[axis] + within
        target = target * extent.dims[axis] + corner[axis] + within
      }
      let from = source * extent.elementSize
      let to = target * extent.elementSize
      data.replaceSubrange(to..<to + rowBytes, with: bytes[from..<from + rowBytes])
    }
  }
}
