import Tensors

/// Memory in the hands of the interpreter: bytes that several arguments may point into, and that may hold elements of one type
/// after those of another.
package final class Memory {
  private var bytes: [UInt8]
  private let dtype: DType

  package init(_ tensor: Tensor) {
    bytes = tensor.bytes
    dtype = tensor.dtype
  }

  /// Elements that have never been written are NaN, or a large odd number: reading them shows.
  package init(_ dtype: DType, count: Int) {
    let number = dtype.isFloat ? Tensor(dtype, [1], [.nan]) : Tensor(dtype, [1], integers: [0x5A5A_5A5B])
    bytes = []
    bytes.reserveCapacity(count * dtype.byteCount)
    for _ in 0..<count { bytes += number.bytes }
    self.dtype = dtype
  }

  /// Memory for any elements: floats that have never been written are NaN, integers have all bits set.
  package init(byteCount: Int) {
    bytes = [UInt8](repeating: 0xFF, count: byteCount)
    dtype = .uint8
  }

  /// The first elements in the type that the memory was made with.
  package func tensor(_ dims: [Int]) -> Tensor { Tensor(dtype, dims, bytes: Array(bytes.prefix(dims.reduce(dtype.byteCount, *)))) }

  func load(_ buffer: Buffer, _ at: Int, _ access: Access) throws(Diagnostic) -> Column {
    try check(buffer, at, access)
    let positions = (0..<access.lanes).map { (at + $0 * access.stride) * buffer.dtype.byteCount }
    return bytes.withUnsafeBytes { raw in
      buffer.dtype.isFloat
        ? .floats(positions.map { raw.double(buffer.dtype, at: $0) }) : .integers(positions.map { raw.integer(buffer.dtype, at: $0) })
    }
  }

  func store(_ buffer: Buffer, _ at: Int, stride: Int, _ value: Column) throws(Diagnostic) {
    try check(buffer, at, Access(lanes: value.count, stride: stride))
    if case .floats = value, !buffer.dtype.isFloat { throw Diagnostic("a value of another type is stored in \(buffer.name)") }
    if case .integers = value, buffer.dtype.isFloat { throw Diagnostic("a value of another type is stored in \(buffer.name)") }
    let width = buffer.dtype.byteCount
    let new = value.tensor(buffer.dtype, [value.count]).bytes
    for lane in 0..<value.count {
      for byte in 0..<width { bytes[(at + lane * stride) * width + byte] = new[lane * width + byte] }
    }
  }

  /// Elements become as if they had never been written.
  func forget(_ buffer: Buffer, _ at: Int, _ count: Int) {
    let range = (at * buffer.dtype.byteCount)..<((at + count) * buffer.dtype.byteCount)
    for byte in range.clamped(to: 0..<bytes.count) { bytes[byte] = 0xFF }
  }

  private func check(_ buffer: Buffer, _ at: Int, _ access: Access) throws(Diagnostic) {
    let last = at + (access.lanes - 1) * access.stride
    let count = bytes.count / buffer.dtype.byteCount
    guard at >= 0, last >= 0, at < count, last < count else {
      throw Diagnostic("\(buffer.name)[\(at)] and \(access.lanes) lanes from it are outside of \(count) elements")
    }
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func double(_ dtype: DType, at byte: Int) -> Double {
    switch dtype {
    case .float32: Double(loadUnaligned(fromByteOffset: byte, as: Float.self))
    case .float64: loadUnaligned(fromByteOffset: byte, as: Double.self)
    case .float16: halfValue(loadUnaligned(fromByteOffset: byte, as: UInt16.self))
    case .bfloat16: Double(BFloat16(bitPattern: loadUnaligned(fromByteOffset: byte, as: UInt16.self)).float)
    default: SmallFloat(dtype)?.value(self[byte]) ?? Double(integer(dtype, at: byte))
    }
  }

  fileprivate func integer(_ dtype: DType, at byte: Int) -> Int64 {
    switch dtype {
    case .int8, .int4, .int2: Int64(loadUnaligned(fromByteOffset: byte, as: Int8.self))
    case .int16: Int64(loadUnaligned(fromByteOffset: byte, as: Int16.self))
    case .int32: Int64(loadUnaligned(fromByteOffset: byte, as: Int32.self))
    case .int64, .uint64: loadUnaligned(fromByteOffset: byte, as: Int64.self)
    case .uint8, .uint4, .uint2, .bool: Int64(self[byte])
    case .uint16: Int64(loadUnaligned(fromByteOffset: byte, as: UInt16.self))
    case .uint32: Int64(loadUnaligned(fromByteOffset: byte, as: UInt32.self))
    case .float32, .float64, .float16, .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0, .float4e2m1:
      Int64(clamping: double(dtype, at: byte))
    }
  }
}
