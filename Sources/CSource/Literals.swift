import Tensors

extension DType {
  /// What the C calls an element in memory.
  var storage: String {
    switch self {
    case .float32: "float"
    case .float64: "double"
    case .float16, .bfloat16: "uint16_t"
    case .int8: "int8_t"
    case .int16: "int16_t"
    case .int32: "int32_t"
    case .int64: "int64_t"
    case .uint8, .bool: "uint8_t"
    case .uint16: "uint16_t"
    case .uint32: "uint32_t"
    case .uint64: "uint64_t"
    }
  }

  /// What the C calls a value in a local: 16-bit floats are computed in `float` and rounded after every operation.
  var value: String { self == .float16 || self == .bfloat16 ? "float" : storage }

  /// The short name in the names of runtime functions and in the arena: `f32`, `i8`, `u16`.
  var shortName: String {
    switch self {
    case .float32: "f32"
    case .float64: "f64"
    case .float16: "f16"
    case .bfloat16: "bf16"
    case .int8: "i8"
    case .int16: "i16"
    case .int32: "i32"
    case .int64: "i64"
    case .uint8, .bool: "u8"
    case .uint16: "u16"
    case .uint32: "u32"
    case .uint64: "u64"
    }
  }

  /// Values are rounded to the type by a function after each operation.
  var isRoundedByHand: Bool { self == .float16 || self == .bfloat16 }
}

/// A C literal of exactly this value: the shortest decimal for finite floats.
func literal(_ value: Double, _ dtype: DType) -> String {
  switch dtype {
  case .float64:
    if value.isNaN { return "(double)NAN" }
    if value.isInfinite { return value < 0 ? "-(double)INFINITY" : "(double)INFINITY" }
    return "\(value)"
  case .float16: return floatLiteral(Float(Float16(value)))
  case .bfloat16: return floatLiteral(BFloat16(Float(value)).float)
  case .float32: return floatLiteral(Float(value))
  case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .bool: return literal(Int64(clamping: value), dtype)
  }
}

private func floatLiteral(_ value: Float) -> String {
  if value.isNaN { return "NAN" }
  if value.isInfinite { return value < 0 ? "-INFINITY" : "INFINITY" }
  return "\(value)f"
}

/// A C literal of this value; the smallest numbers have none of their own and are written as a difference.
func literal(_ value: Int64, _ dtype: DType) -> String {
  switch dtype {
  case .uint32: "\(UInt32(truncatingIfNeeded: value))u"
  case .uint64: UInt64(bitPattern: value) <= UInt64(UInt32.max) ? "\(value)u" : "\(UInt64(bitPattern: value))ull"
  case .int64 where value == .min: "(-9223372036854775807ll - 1)"
  case .int64 where Int32(exactly: value) == nil: "\(value)ll"
  case .int32, .int64: value == Int64(Int32.min) ? "(-2147483647 - 1)" : "\(value)"
  case .int8, .int16, .uint8, .uint16, .bool, .float32, .float64, .float16, .bfloat16: "\(value)"
  }
}
