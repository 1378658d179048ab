import Glibc
import Tensors

/// Functions of one number. Each is one row of `table`: what it means for `Double` and for `Float`, and how C spells it.
package enum UnaryFunction: String, Hashable, Sendable, CaseIterable {
  case negate, abs, sign, floor, ceil, round, trunc, sqrt, reciprocalSqrt
  case exp, expm1, log, log1p, log2, log10, sin, cos, tan, asin, acos, atan
  case sinh, cosh, tanh, asinh, acosh, atanh, erf, erfc, sigmoid, lgamma
  case isNaN, isInfinite, not, bitwiseNot
}

extension UnaryFunction {
  /// What a function is: its meaning, and its C text with `{x}` for the operand. `{f}` is `f` for `float` and nothing for `double`.
  package struct Row: Sendable {
    package let double: @Sendable (Double) -> Double
    package let float: @Sendable (Float) -> Float
    package let c: String

    init(_ double: @escaping @Sendable (Double) -> Double, _ float: @escaping @Sendable (Float) -> Float, _ c: String) {
      self.double = double
      self.float = float
      self.c = c
    }
  }

  /// The result is `bool`, whatever the operand.
  package var isPredicate: Bool { self == .isNaN || self == .isInfinite || self == .not }

  /// Rows of the functions on floats. `not` and `bitwiseNot` act on bool and integers and have none.
  package static let table: [UnaryFunction: Row] = [
    .negate: Row({ -$0 }, { -$0 }, "-{x}"),
    .abs: Row({ Swift.abs($0) }, { Swift.abs($0) }, "fabs{f}({x})"),
    .sign: Row({ signOf($0) }, { signOf($0) }, "swdl_sign{f}({x})"),
    .floor: Row({ $0.rounded(.down) }, { $0.rounded(.down) }, "floor{f}({x})"),
    .ceil: Row({ $0.rounded(.up) }, { $0.rounded(.up) }, "ceil{f}({x})"),
    .round: Row({ $0.rounded(.toNearestOrEven) }, { $0.rounded(.toNearestOrEven) }, "swdl_round{f}({x})"),
    .trunc: Row({ $0.rounded(.towardZero) }, { $0.rounded(.towardZero) }, "trunc{f}({x})"),
    .sqrt: Row({ Glibc.sqrt($0) }, { Glibc.sqrtf($0) }, "sqrt{f}({x})"),
    .reciprocalSqrt: Row({ 1 / Glibc.sqrt($0) }, { 1 / Glibc.sqrtf($0) }, "(1.0{f} / sqrt{f}({x}))"),
    .exp: Row({ Glibc.exp($0) }, { Glibc.expf($0) }, "exp{f}({x})"),
    .expm1: Row({ Glibc.expm1($0) }, { Glibc.expm1f($0) }, "expm1{f}({x})"),
    .log: Row({ Glibc.log($0) }, { Glibc.logf($0) }, "log{f}({x})"),
    .log1p: Row({ Glibc.log1p($0) }, { Glibc.log1pf($0) }, "log1p{f}({x})"),
    .log2: Row({ Glibc.log2($0) }, { Glibc.log2f($0) }, "log2{f}({x})"),
    .log10: Row({ Glibc.log10($0) }, { Glibc.log10f($0) }, "log10{f}({x})"),
    .sin: Row({ Glibc.sin($0) }, { Glibc.sinf($0) }, "sin{f}({x})"),
    .cos: Row({ Glibc.cos($0) }, { Glibc.cosf($0) }, "cos{f}({x})"),
    .tan: Row({ Glibc.tan($0) }, { Glibc.tanf($0) }, "tan{f}({x})"),
    .asin: Row({ Glibc.asin($0) }, { Glibc.asinf($0) }, "asin{f}({x})"),
    .acos: Row({ Glibc.acos($0) }, { Glibc.acosf($0) }, "acos{f}({x})"),
    .atan: Row({ Glibc.atan($0) }, { Glibc.atanf($0) }, "atan{f}({x})"),
    .sinh: Row({ Glibc.sinh($0) }, { Glibc.sinhf($0) }, "sinh{f}({x})"),
    .cosh: Row({ Glibc.cosh($0) }, { Glibc.coshf($0) }, "cosh{f}({x})"),
    .tanh: Row({ Glibc.tanh($0) }, { Glibc.tanhf($0) }, "tanh{f}({x})"),
    .asinh: Row({ Glibc.asinh($0) }, { Glibc.asinhf($0) }, "asinh{f}({x})"),
    .acosh: Row({ Glibc.acosh($0) }, { Glibc.acoshf($0) }, "acosh{f}({x})"),
    .atanh: Row({ Glibc.atanh($0) }, { Glibc.atanhf($0) }, "atanh{f}({x})"),
    .erf: Row({ Glibc.erf($0) }, { Glibc.erff($0) }, "erf{f}({x})"),
    .erfc: Row({ Glibc.erfc($0) }, { Glibc.erfcf($0) }, "erfc{f}({x})"),
    .sigmoid: Row({ 1 / (1 + Glibc.exp(-$0)) }, { 1 / (1 + Glibc.expf(-$0)) }, "(1.0{f} / (1.0{f} + exp{f}(-{x})))"),
    .lgamma: Row({ Glibc.lgamma($0) }, { Glibc.lgammaf($0) }, "lgamma{f}({x})"),
    .isNaN: Row({ $0.isNaN ? 1 : 0 }, { $0.isNaN ? 1 : 0 }, "swdl_isnan{f}({x})"),
    .isInfinite: Row({ $0.isInfinite ? 1 : 0 }, { $0.isInfinite ? 1 : 0 }, "swdl_isinf{f}({x})"),
  ]
}

/// -1, 0 or 1; zero and NaN stay as they are.
private func signOf<Number: BinaryFloatingPoint>(_ x: Number) -> Number { x > 0 ? 1 : x < 0 ? -1 : x }

/// Functions of two numbers of one type.
package enum BinaryFunction: String, Hashable, Sendable, CaseIterable {
  case add, subtract, multiply
  /// On int32: the upper half of the product of 64 bits, which is `a * b / 2^32` rounded towards minus infinity.
  case multiplyHigh
  /// Integers: truncates towards zero, as C does.
  case divide
  /// The rest that `divide` leaves, with the sign of the first operand; for floats C's `fmod`.
  case remainder
  /// The quotient rounded towards minus infinity, and its rest with the sign of the second operand (Python's `//` and `%`).
  case floorDivide, floorModulo
  /// `b < a ? b : a` and `a < b ? b : a`: a NaN in `a` stays, a NaN in `b` is dropped.
  case minimum, maximum
  case power, arcTangent2
  /// On bool: logical. On integers: bitwise.
  case and, or, xor
  /// On integers. To the right with the sign; an amount that is negative or not less than the width moves every bit out.
  case shiftLeft, shiftRight
}

extension BinaryFunction {
  /// The value for index constants; `nil` where it is not defined.
  func folded(_ a: Int, _ b: Int) -> Int? {
    let checked: (partialValue: Int, overflow: Bool)
    switch self {
    case .add: checked = a.addingReportingOverflow(b)
    case .subtract: checked = a.subtractingReportingOverflow(b)
    case .multiply: checked = a.multipliedReportingOverflow(by: b)
    case .divide: checked = a.dividedReportingOverflow(by: b)
    case .remainder: checked = a.remainderReportingOverflow(dividingBy: b)
    case .minimum: return Swift.min(a, b)
    case .maximum: return Swift.max(a, b)
    case .floorDivide: return b == 0 ? nil : a.flooredDivision(by: b)
    case .floorModulo: return b == 0 ? nil : a - a.flooredDivision(by: b) * b
    case .multiplyHigh, .power, .arcTangent2, .and, .or, .xor, .shiftLeft, .shiftRight: return nil
    }
    return checked.overflow ? nil : checked.partialValue
  }

  /// The meaning on floats, computed in `Double`.
  package func value(_ a: Double, _ b: Double) -> Double {
    switch self {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    case .remainder: Glibc.fmod(a, b)
    case .floorDivide: (a / b).rounded(.down)
    case .floorModulo: flooredRemainder(a, b)
    case .minimum: b < a ? b : a
    case .maximum: a < b ? b : a
    case .power: Glibc.pow(a, b)
    case .arcTangent2: Glibc.atan2(a, b)
    case .multiplyHigh, .and, .or, .xor, .shiftLeft, .shiftRight: preconditionFailure("\(self) acts on integers and bool")
    }
  }

  /// The meaning on `Float`. Rounding the result in `Double` once more gives what single precision does, but for the functions of
  /// the C library, which has its own for `float`.
  package func value(_ a: Float, _ b: Float) -> Float {
    switch self {
    case .power: Glibc.powf(a, b)
    case .arcTangent2: Glibc.atan2f(a, b)
    case .add, .subtract, .multiply, .multiplyHigh, .divide, .remainder, .floorDivide, .floorModulo, .minimum, .maximum, .and, .or, .xor,
      .shiftLeft, .shiftRight:
      Float(value(Double(a), Double(b)))
    }
  }

  /// The meaning on integers of 64 bits, which the caller wraps to the type in question.
  package func value(_ a: Int64, _ b: Int64) -> Int64 {
    switch self {
    case .add: a &+ b
    case .subtract: a &- b
    case .multiply: a &* b
    case .multiplyHigh: (a &* b) >> 32
    case .divide: b == 0 ? 0 : a.dividedReportingOverflow(by: b).partialValue
    case .remainder: b == 0 ? 0 : a.remainderReportingOverflow(dividingBy: b).partialValue
    case .floorDivide: b == 0 ? 0 : flooredDivision(a, b)
    case .floorModulo: b == 0 ? 0 : a &- flooredDivision(a, b) &* b
    case .minimum: Swift.min(a, b)
    case .maximum: Swift.max(a, b)
    case .power: integerPower(a, b)
    case .and: a & b
    case .or: a | b
    case .xor: a ^ b
    case .shiftLeft: b < 0 ? 0 : a << b
    case .shiftRight: b < 0 ? a >> 63 : a >> b
    case .arcTangent2: preconditionFailure("\(self) acts on floats")
    }
  }
}

private func flooredRemainder(_ a: Double, _ b: Double) -> Double {
  let rest = Glibc.fmod(a, b)
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest
}

private func flooredDivision(_ a: Int64, _ b: Int64) -> Int64 {
  let quotient = a.dividedReportingOverflow(by: b).partialValue
  let rest = a.remainderReportingOverflow(dividingBy: b).partialValue
  return rest != 0 && (rest < 0) != (b < 0) ? quotient - 1 : quotient
}

/// Wrapping; a negative exponent gives zero but for the bases 1 and -1.
private func integerPower(_ base: Int64, _ exponent: Int64) -> Int64 {
  if exponent < 0 { return base == 1 ? 1 : base == -1 ? (exponent & 1 == 0 ? 1 : -1) : 0 }
  var result: Int64 = 1
  var square = base
  var left = exponent
  while left > 0 {
    if left & 1 == 1 { result &*= square }
    square &*= square
    left >>= 1
  }
  return result
}
