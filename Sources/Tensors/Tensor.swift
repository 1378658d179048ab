/// Elements in row-major order, held as little-endian bytes so that weights pass through without conversion.
package struct Tensor: Hashable, Sendable {
  package let dtype: DType
  package let dims: [Int]
  package let bytes: [UInt8]

  /// `bytes` holds exactly the elements of `dims`.
  package init(_ dtype: DType, _ dims: [Int], bytes: [UInt8]) {
    precondition(bytes.count == dims.reduce(1, *) * dtype.byteCount, "\(bytes.count) bytes for \(dtype)\(dims)")
    self.dtype = dtype
    self.dims = dims
    self.bytes = bytes
  }

  /// All bytes at once: the standard way hashes them one by one.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(dtype)
    hasher.combine(dims)
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }

  package var count: Int { dims.reduce(1, *) }
  package var rank: Int { dims.count }
  package var type: TensorType { TensorType(dtype, Shape(dims)) }

  /// The same elements under another shape of as many elements.
  package func reshaped(_ dims: [Int]) -> Tensor { Tensor(dtype, dims, bytes: bytes) }
}

extension Tensor {
  /// Takes every number to `dtype`, as `DType.rounded` does for floats and `DType.integer` for others.
  package init(_ dtype: DType, _ dims: [Int], _ values: [Double]) {
    switch dtype {
    case .float64: self.init(dtype, dims, elements: values)
    case .float32: self.init(dtype, dims, elements: values.map { Float($0) })
    case .float16: self.init(dtype, dims, elements: values.map { halfBits($0) })
    case .bfloat16: self.init(dtype, dims, elements: values.map { BFloat16($0).bitPattern })
    default:
      if let format = SmallFloat(dtype) {
        self.init(dtype, dims, bytes: values.map(format.code))
      } else {
        self.init(dtype, dims, integers: values.map { dtype.integer($0) })
      }
    }
  }

  /// Wraps every integer to an integer `dtype`; rounds it to a float one.
  package init(_ dtype: DType, _ dims: [Int], integers: [Int64]) {
    switch dtype {
    case .int8: self.init(dtype, dims, elements: integers.map { Int8(truncatingIfNeeded: $0) })
    case .int16: self.init(dtype, dims, elements: integers.map { Int16(truncatingIfNeeded: $0) })
    case .int32: self.init(dtype, dims, elements: integers.map { Int32(truncatingIfNeeded: $0) })
    case .int64, .uint64: self.init(dtype, dims, elements: integers)
    case .uint8: self.init(dtype, dims, elements: integers.map { UInt8(truncatingIfNeeded: $0) })
    case .uint16: self.init(dtype, dims, elements: integers.map { UInt16(truncatingIfNeeded: $0) })
    case .uint32: self.init(dtype, dims, elements: integers.map { UInt32(truncatingIfNeeded: $0) })
    case .bool, .int4, .int2, .uint4, .uint2:
      self.init(dtype, dims, elements: integers.map { Int8(truncatingIfNeeded: wrapped($0, dtype)) })
    case .float64, .float32, .float16, .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0, .float4e2m1:
      self.init(dtype, dims, integers.map { Double($0) })
    }
  }

  /// Elements whose memory form is that of `dtype`.
  package init<Element: BitwiseCopyable>(_ dtype: DType, _ dims: [Int], elements: [Element]) {
    precondition(MemoryLayout<Element>.size == dtype.byteCount)
    self.init(dtype, dims, bytes: elements.withUnsafeBytes { Array($0) })
  }

  package init(floats: [Float], _ dims: [Int]) { self.init(.float32, dims, elements: floats) }
}

extension Tensor {
  /// The same bits as elements of another type of as many bits. A bool is true unless all bits are zero.
  package func reinterpreted(as other: DType) -> Tensor {
    precondition(other.bitCount == dtype.bitCount, "\(dtype) and \(other)")
    if other == .bool || other.bitCount < 8 && other.isInteger { return Tensor(other, dims, integers: bytes.map { Int64($0) }) }
    return Tensor(other, dims, bytes: other.bitCount < 8 ? bytes.map { $0 & 0x0F } : bytes)
  }

  /// The elements read as `Element`, whose size is that of the tensor's type.
  package func elements<Element: BitwiseCopyable>(as: Element.Type) -> [Element] {
    precondition(MemoryLayout<Element>.size == dtype.byteCount)
    return bytes.withUnsafeBytes { raw in
      [Element](unsafeUninitializedCapacity: count) { buffer, initialised in
        UnsafeMutableRawBufferPointer(buffer).copyMemory(from: raw)
        initialised = count
      }
    }
  }

  package var floats: [Float] {
    dtype == .float32 ? elements(as: Float.self) : doubles.map { Float($0) }
  }

  package var doubles: [Double] {
    switch dtype {
    case .float64: elements(as: Double.self)
    case .float32: elements(as: Float.self).map { Double($0) }
    case .float16: elements(as: UInt16.self).map { halfValue($0) }
    case .bfloat16: elements(as: UInt16.self).map { Double(BFloat16(bitPattern: $0).float) }
    case .uint64: elements(as: UInt64.self).map { Double($0) }
    default: SmallFloat(dtype).map { bytes.map($0.value) } ?? integers.map { Double($0) }
    }
  }

  /// The elements as integers; floats are truncated towards zero, `uint64` keeps its bits.
  package var integers: [Int64] {
    switch dtype {
    case .int8, .int4, .int2: elements(as: Int8.self).map { Int64($0) }
    case .int16: elements(as: Int16.self).map { Int64($0) }
    case .int32: elements(as: Int32.self).map { Int64($0) }
    case .int64, .uint64: elements(as: Int64.self)
    case .uint8, .uint4, .uint2, .bool: bytes.map { Int64($0) }
    case .uint16: elements(as: UInt16.self).map { Int64($0) }
    case .uint32: elements(as: UInt32.self).map { Int64($0) }
    case .float64, .float32, .float16, .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0, .float4e2m1:
      doubles.map { Int64(clamping: $0) }
    }
  }
}

extension Int64 {
  /// Truncates towards zero; what does not fit becomes the nearest end, NaN becomes zero.
  package init(clamping value: Double) {
    if value.isNaN {
      self = 0
    } else {
      self = value >= 0x1p63 ? .max : value < -0x1p63 ? .min : Int64(value)
    }
  }
}

extension Tensor: CustomStringConvertible {
  package var description: String {
    let shown = doubles.prefix(8).map { "\($0)" }.joined(separator: ", ")
    return "\(type) {\(shown)\(count > 8 ? ", …" : "")}"
  }
}

/// Row-major strides of `dims`, in elements.
package func rowMajorStrides(_ dims: [Int]) -> [Int] {
  var strides = [Int](repeating: 1, count: dims.count)
  for axis in dims.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * dims[axis + 1] }
  return strides
}

/// Every index of a tensor of the extents `dims`, the last axis fastest.
package struct Indices: Sequence, IteratorProtocol {
  private let dims: [Int]
  private var upcoming: [Int]?

  package init(_ dims: [Int]) {
    self.dims = dims
    upcoming = dims.contains(0) ? nil : dims.map { _ in 0 }
  }

  package mutating func next() -> [Int]? {
    guard let current = upcoming else { return nil }
    var following = current
    for axis in dims.indices.reversed() {
      following[axis] += 1
      if following[axis] < dims[axis] {
        upcoming = following
        return current
      }
      following[axis] = 0
    }
    upcoming = nil
    return current
  }
}
