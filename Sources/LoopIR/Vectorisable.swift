import Tensors

extension DType {
  /// Vectors of this type exist in the emitted C, if only to be loaded, converted and stored.
  package var isVectorised: Bool {
    switch self {
    case .float32, .float16, .bfloat16, .int32, .int16, .int8, .uint8: true
    default: false
    }
  }

  /// Vectors of this type are computed with.
  var hasVectorArithmetic: Bool { self == .float32 || self == .int32 }

  /// Floats of 16 bits, which are converted to those of 32 and back.
  var isHalf: Bool { self == .float16 || self == .bfloat16 }
}

extension UnaryFunction {
  /// The function acts on vectors of the type in the emitted C, lane by lane.
  package func isVectorised(on dtype: DType) -> Bool {
    guard dtype == .float32 else { return false }
    switch self {
    case .negate, .abs, .sqrt, .floor, .ceil, .round, .trunc, .exp, .tanh, .sigmoid, .erf: return true
    case .sign, .reciprocalSqrt, .expm1, .log, .log1p, .log2, .log10, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .asinh, .acosh,
      .atanh, .erfc, .lgamma, .isNaN, .isInfinite, .not, .bitwiseNot:
      return false
    }
  }
}

extension BinaryFunction {
  /// The function acts on vectors of the type in the emitted C; on bool it acts on the results of comparisons.
  package func isVectorised(on dtype: DType) -> Bool {
    switch self {
    case .minimum, .maximum: dtype.isVectorised && !dtype.isHalf
    case .add, .subtract, .multiply: dtype.hasVectorArithmetic
    case .divide: dtype == .float32
    case .and, .or, .xor: dtype == .int32 || dtype == .bool
    case .multiplyHigh: dtype == .int32
    case .remainder, .floorDivide, .floorModulo, .power, .arcTangent2, .shiftLeft, .shiftRight: false
    }
  }
}

extension Expr {
  /// A float between two literals that int32 holds, unless it is NaN: C converts it without asking.
  package var isClampedToInt32: Bool {
    guard case .binary(.minimum, .binary(.maximum, _, .float(let least, _)), .float(let most, _)) = self else { return false }
    return dtype.rounded(least) >= -0x1p31 && dtype.rounded(most) < 0x1p31
  }
}
