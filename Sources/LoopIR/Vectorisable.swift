import Tensors

extension DType {
  /// Vectors of this type exist in the emitted C.
  package var isVectorised: Bool { self == .float32 }
}

extension UnaryFunction {
  /// The function acts on float32 vectors in the emitted C, lane by lane.
  package var isVectorised: Bool {
    switch self {
    case .negate, .abs, .sqrt, .floor, .ceil, .round, .trunc, .exp, .tanh, .sigmoid, .erf: true
    case .sign, .reciprocalSqrt, .expm1, .log, .log1p, .log2, .log10, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .asinh, .acosh,
      .atanh, .erfc, .lgamma, .isNaN, .isInfinite, .not, .bitwiseNot:
      false
    }
  }
}

extension BinaryFunction {
  /// The function acts on float32 vectors in the emitted C; `and`, `or` and `xor` act on the results of comparisons.
  package var isVectorised: Bool {
    switch self {
    case .add, .subtract, .multiply, .divide, .minimum, .maximum, .and, .or, .xor: true
    case .multiplyHigh, .remainder, .floorDivide, .floorModulo, .power, .arcTangent2, .shiftLeft, .shiftRight: false
    }
  }
}
