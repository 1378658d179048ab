import GraphIR
import LoopIR
import Tensors

/// What a cast to a float of 8 bits does with what is no number there. Other casts take no notice of it.
package struct CastMode: Hashable, Sendable {
  /// Where `float8e8m0`, which has powers of two only, takes what lies between two of them.
  package enum Rounding: String, Sendable, CaseIterable { case up, down, nearest }

  /// Beyond the largest number lies that number, or else NaN, or infinity in the type that has one.
  package var saturates: Bool
  package var rounding: Rounding

  package init(saturates: Bool = true, rounding: Rounding = .up) {
    self.saturates = saturates
    self.rounding = rounding
  }
}

extension ElementwiseFunction {
  /// Every element converted: floats to integers truncate towards zero, and to bool tell what is not zero.
  package static func cast(_ source: DType, to dtype: DType, _ mode: CastMode = CastMode()) -> Map {
    Map(ElementwiseBody(ElementwiseBody.input(0, source).converted(to: dtype, mode)), inputCount: 1)
  }

  /// Every element with the same bits as another type of as many bits.
  package static func bitCast(_ source: DType, to dtype: DType) throws(Diagnostic) -> Map {
    guard source.bitCount == dtype.bitCount else {
      throw Diagnostic(
        "the bits of \(source) are read as \(dtype)",
        hint: "types of \(source.bitCount) and of \(dtype.bitCount) bits have no bits in common")
    }
    let x = ElementwiseBody.input(0, source)
    return Map(ElementwiseBody(source == dtype ? x : .reinterpret(dtype, x)), inputCount: 1)
  }
}

extension Expr {
  /// The value in another type, by the rules of `mode`.
  func converted(to target: DType, _ mode: CastMode) -> Expr {
    if target == dtype || mode == CastMode() { return converted(to: target) }
    if target == .float8e8m0 { return asPowerOfTwo(mode) }
    return (mode.saturates ? nil : unbounded(target)) ?? converted(to: target)
  }

  /// A cast to a float of 8 bits that does not saturate; `nil` where the type is none of those.
  private func unbounded(_ target: DType) -> Expr? {
    let bound: (comparison: Comparison, size: Double, code: Int64)
    // The first number that would be rounded beyond the largest: half a step above, which a tie reaches where the largest is odd.
    switch target {
    case .float8e4m3fn: bound = (.greater, 464, 0x7F)
    case .float8e4m3fnuz: bound = (.greaterOrEqual, 248, 0x80)
    case .float8e5m2: bound = (.greaterOrEqual, 61440, 0x7C)
    case .float8e5m2fnuz: bound = (.greaterOrEqual, 61440, 0x80)
    default: return nil
    }
    let x = dtype.isFloat && dtype.bitCount >= 32 ? self : converted(to: dtype.bitCount <= 16 ? .float32 : .float64)
    let positive = Expr.reinterpret(target, .int(bound.code, .uint8))
    let negative = Expr.reinterpret(target, .int(bound.code | 0x80, .uint8))
    return .select(
      .compare(bound.comparison, x.applying(.abs), x.literal(bound.size)), .select(x .< x.literal(0), negative, positive),
      x.converted(to: target))
  }

  /// A cast to `float8e8m0` by way of float32, whose exponent is the code. That of twice the number is not lost in subnormals.
  private func asPowerOfTwo(_ mode: CastMode) -> Expr {
    let x = converted(to: .float32)
    let bits = Expr.reinterpret(.uint32, (x + x).applying(.abs))
    let addend: Double =
      switch mode.rounding {
      case .up: 0x7FFFFF
      case .nearest: 0x400000
      case .down: 0
      }
    let exponent = Expr.binary(.shiftRight, bits + bits.literal(addend), bits.literal(23))
    let code = maximum(exponent, exponent.literal(1)) - exponent.literal(1)
    let isNumber =
      mode.saturates ? x .>= x.literal(0) : x .>= x.literal(0x1p-127) .&& x .<= x.literal(0x1p127)
    return .reinterpret(.float8e8m0, .select(isNumber, code.converted(to: .uint8), .int(0xFF, .uint8)))
  }
}
