import Tensors

/// The type of the elements of a dataset or an attribute, as far as it is read here.
enum HDF5Type: Sendable {
  case number(DType, isBigEndian: Bool)
  /// Text of `size` bytes, ended by a zero unless it fills them, or filled up with spaces.
  case fixedString(size: Int, isSpacePadded: Bool)
  /// Text in a global heap.
  case string
  /// Bytes without a meaning; h5py keeps bfloat16 so.
  case opaque(size: Int)

  /// Bytes of one element; of text of varying length, those of the reference to the heap.
  func elementSize(_ format: HDF5Format) -> Int {
    switch self {
    case .number(let dtype, _): dtype.byteCount
    case .fixedString(let size, _), .opaque(let size): size
    case .string: 8 + format.offsetWidth
    }
  }

  init(_ message: ByteReader) throws(Diagnostic) {
    var reader = message
    let head = try reader.byte()
    let bits = try reader.unsigned(width: 3)
    let size = Int(try reader.little(UInt32.self))
    switch head & 0xF {
    case 0: self = try .integer(&reader, size: size, bits: bits)
    case 1: self = try .float(&reader, size: size, bits: bits)
    case 3:
      guard size > 0 else { throw message.damaged("text of 0 bytes") }
      self = .fixedString(size: size, isSpacePadded: bits & 0xF == 2)
    case 5: self = .opaque(size: size)
    case 8: self = try .boolean(&reader, members: bits & 0xFFFF, isPadded: head >> 4 < 3)
    case 9 where bits & 0xF == 1: self = .string
    default: throw message.unsupported("elements of the datatype class \"\(Self.className(head & 0xF))\"")
    }
  }

  private static func className(_ code: UInt8) -> String {
    let names = ["integer", "float", "time", "string", "bit field", "opaque", "compound", "reference", "enumeration", "sequence", "array"]
    return names.indices.contains(Int(code)) ? names[Int(code)] : "\(code)"
  }

  private static func integer(_ reader: inout ByteReader, size: Int, bits: UInt64) throws(Diagnostic) -> HDF5Type {
    let before = reader
    let (offset, precision) = (try reader.little(UInt16.self), try reader.little(UInt16.self))
    let isSigned = bits & 8 != 0
    let dtypes: [Int: DType] = isSigned ? [1: .int8, 2: .int16, 4: .int32, 8: .int64] : [1: .uint8, 2: .uint16, 4: .uint32, 8: .uint64]
    guard offset == 0, Int(precision) == 8 * size, let dtype = dtypes[size] else {
      throw before.unsupported("integers of \(precision) bits in \(size) bytes")
    }
    return .number(dtype, isBigEndian: bits & 1 != 0)
  }

  /// IEEE 754's formats of 2, 4 and 8 bytes, and bfloat16.
  private static func float(_ reader: inout ByteReader, size: Int, bits: UInt64) throws(Diagnostic) -> HDF5Type {
    let before = reader
    try reader.skip(4)
    let layout = try reader.bytes(4)
    let bias = try reader.little(UInt32.self)
    let formats: [(DType, layout: [UInt8], bias: UInt32)] = [
      (.float16, [10, 5, 0, 10], 15), (.bfloat16, [7, 8, 0, 7], 127), (.float32, [23, 8, 0, 23], 127), (.float64, [52, 11, 0, 52], 1023),
    ]
    guard let format = formats.first(where: { $0.0.byteCount == size && $0.layout == layout && $0.bias == bias }) else {
      throw before.unsupported("floats of \(size) bytes in another format than IEEE 754's")
    }
    return .number(format.0, isBigEndian: bits & 1 != 0)
  }

  /// h5py writes bool as an enumeration of FALSE and TRUE.
  private static func boolean(_ reader: inout ByteReader, members: UInt64, isPadded: Bool) throws(Diagnostic) -> HDF5Type {
    let before = reader
    let base = try HDF5Type(reader)
    guard case .number(let dtype, _) = base, dtype.byteCount == 1, members == 2 else { throw before.unsupported("enumerations") }
    try reader.skip(12)
    let names = isPadded ? "FALSE\0\0\0TRUE\0\0\0\0" : "FALSE\0TRUE\0"
    guard try reader.text(names.utf8.count) == names, try reader.bytes(2) == [0, 1] else { throw before.unsupported("enumerations") }
    return .number(.bool, isBigEndian: false)
  }
}

/// The extents of a dataset or an attribute; none for a single value.
struct HDF5Space: Sendable {
  let dims: [Int]
  /// True for a value that is declared to hold nothing.
  let isNull: Bool
  let count: Int

  init(_ message: ByteReader, _ format: HDF5Format) throws(Diagnostic) {
    var reader = message
    let version = try reader.byte()
    guard version == 1 || version == 2 else { throw message.unsupported("dataspaces of version \(version)") }
    let rank = Int(try reader.byte())
    guard rank <= 32 else { throw message.damaged("\(rank) dimensions; HDF5 has at most 32") }
    try reader.skip(1)
    let kind = try reader.byte()
    if version == 1 { try reader.skip(4) }
    isNull = version == 2 && kind == 2
    var dims: [Int] = []
    for _ in 0..<rank { dims.append(try format.length(&reader)) }
    guard let count = checkedProduct(dims) else { throw message.damaged("extents \(dims) overflow") }
    self.dims = dims
    self.count = isNull ? 0 : count
  }
}
