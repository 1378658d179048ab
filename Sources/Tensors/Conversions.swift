/// `value` reduced to the range of an integer `dtype`, as C's unsigned casts do; bool becomes 0 or 1.
package func wrapped(_ value: Int64, _ dtype: DType) -> Int64 {
  if dtype == .bool { return value != 0 ? 1 : 0 }
  guard dtype.isInteger else { return value }
  let unused = Int64(64 - dtype.bitCount)
  return dtype.isSigned ? (value << unused) >> unused : Int64(bitPattern: (UInt64(bitPattern: value) << unused) >> unused)
}

extension DType {
  /// `value` cast to this integer type or bool: truncated towards zero, bounded by 64 bits, then wrapped. NaN becomes zero, and as
  /// bool it is true. `uint64` keeps its bits.
  package func integer(_ value: Double) -> Int64 {
    if self == .bool { return value != 0 ? 1 : 0 }
    if self == .uint64, value >= 0x1p63 { return Int64(bitPattern: value < 0x1p64 ? UInt64(value) : .max) }
    return wrapped(Int64(clamping: value), self)
  }

  /// The number of this float type that is nearest to `value`, ties to even. Beyond the largest lies infinity in types of 16 bits and
  /// more; smaller types stay at the largest, and keep an infinity if they have one.
  package func rounded(_ value: Double) -> Double {
    switch self {
    case .float32: Double(Float(value))
    case .float16: Double(Float16(value))
    case .bfloat16: Double(BFloat16(value).float)
    default: SmallFloat(self)?.rounded(value) ?? value
    }
  }

  /// `value` cast to this float type as ONNX defines it unless a cast says otherwise: rounded, and types of 8 bits take no infinity.
  package func cast(_ value: Double) -> Double {
    rounded(self == .float8e5m2 && value.isInfinite ? (value < 0 ? -57344 : 57344) : value)
  }
}
