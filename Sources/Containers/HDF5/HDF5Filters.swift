import Tensors

/// The filters through which chunks were written, in that order.
struct HDF5Filters {
  private enum Filter: UInt16 {
    case deflate = 1
    case shuffle = 2
    case fletcher32 = 3
  }

  private var filters: [Filter] = []

  init(_ message: ByteReader) throws(Diagnostic) {
    var reader = message
    let version = try reader.byte()
    guard version == 1 || version == 2 else { throw message.unsupported("filters of version \(version)") }
    let count = try reader.byte()
    if version == 1 { try reader.skip(6) }
    for _ in 0..<count {
      let code = try reader.little(UInt16.self)
      guard let filter = Filter(rawValue: code) else {
        throw message.unsupported("data written through the filter \(code) (only gzip and shuffle)")
      }
      filters.append(filter)
      let nameLength = version == 1 ? Int(try reader.little(UInt16.self)) : 0
      try reader.skip(2)
      let parameters = Int(try reader.little(UInt16.self))
      try reader.skip(nameLength + 4 * parameters)
      if version == 1 && !parameters.isMultiple(of: 2) { try reader.skip(4) }
    }
  }

  /// The `count` bytes that were written as `stored`; bit i of `mask` says that filter i was left out.
  static func undo(
    _ filters: HDF5Filters?, _ stored: ByteReader, skipping mask: UInt32, elementSize: Int, expecting count: Int
  ) throws(Diagnostic) -> [UInt8] {
    var reader = stored
    var bytes = try reader.bytes(reader.remaining)
    let applied = (filters?.filters ?? []).enumerated().filter { $0.offset >= 32 || mask & (1 << UInt32($0.offset)) == 0 }
    for (_, filter) in applied.reversed() {
      switch filter {
      case .deflate: bytes = try inflated(bytes, .zlib, limit: count + 4, stored)
      case .shuffle: bytes = unshuffled(bytes, elementSize: elementSize)
      case .fletcher32: bytes = Array(bytes.dropLast(4))
      }
    }
    guard bytes.count == count else {
      throw stored.damaged("a chunk unfolds to \(bytes.count) bytes, expected \(count)")
    }
    return bytes
  }

  /// Shuffle keeps the first bytes of all elements together, then the second ones, and so on.
  private static func unshuffled(_ bytes: [UInt8], elementSize: Int) -> [UInt8] {
    let elements = bytes.count / elementSize
    var result = bytes
    for element in 0..<elements {
      for byte in 0..<elementSize { result[element * elementSize + byte] = bytes[byte * elements + element] }
    }
    return result
  }
}
