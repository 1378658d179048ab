import Tensors

extension DType {
  /// The type of C's own that holds an element in memory.
  private var carrier: DType {
    switch self {
    case .float16, .bfloat16: .uint16
    case .bool, .uint4, .uint2, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0, .float4e2m1: .uint8
    case .int4, .int2: .int8
    case .float32, .float64, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: self
    }
  }

  /// What the C calls an element in memory.
  var storage: String {
    switch carrier {
    case .float32: "float"
    case .float64: "double"
    default: "\(carrier)_t"
    }
  }

  /// What the C calls a value in a local: small floats are computed in `float` and rounded after every operation.
  var value: String { isRoundedByHand ? "float" : storage }

  /// The short name in the names of runtime functions: `f32`, `i8`, `u16`.
  var shortName: String {
    switch self {
    case .bfloat16: "bf16"
    case .bool: "u8"
    default: rawValue.replacing("float", with: "f").replacing("uint", with: "u").replacing("int", with: "i")
    }
  }

  /// The member of the arena's union that holds elements of this type.
  var arenaMember: String { carrier.shortName }

  /// Values are rounded to the type by a function after each operation.
  var isRoundedByHand: Bool { isFloat && bitCount < 32 }

  /// Integers that are wrapped by a function after each operation: they are narrower than what holds them.
  var isWrappedByHand: Bool { isInteger && bitCount < 8 }
}

/// A C literal of exactly this value: the shortest decimal for finite floats.
func literal(_ value: Double, _ dtype: DType) -> String {
  switch dtype {
  case .float64:
    if value.isNaN { return "(double)NAN" }
    if value.isInfinite { return value < 0 ? "-(double)INFINITY" : "(double)INFINITY" }
    return "\(value)"
  default: return dtype.isFloat ? floatLiteral(Float(dtype.rounded(value))) : literal(Int64(clamping: value), dtype)
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
  default: "\(value)"
  }
}
