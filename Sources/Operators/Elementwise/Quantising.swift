import GraphIR
import LoopIR
import Tensors

/// The steps between real numbers and the few numbers of a narrow type, as ONNX defines them.
extension Map {
  /// `x / scale` to the nearest number of `dtype`, ties to even; integers plus a zero point. What is too large or too small becomes
  /// the nearest end. Inputs: x, the scale, and the zero point of type `dtype` where there is one. The quotient has the type
  /// `precision` or, without one, that to which both are promoted.
  package static func quantising(
    _ x: DType, by scale: DType, to dtype: DType, hasZeroPoint: Bool, precision: DType? = nil
  ) -> Map {
    let quotientType = precision ?? promoted(x, scale)
    let wide = quotientType.accumulator
    let ratio = ElementwiseBody.input(0, x).converted(to: wide) / ElementwiseBody.input(1, scale).converted(to: wide)
    // Rounded also where it is computed in a wider type, so that ties are the same everywhere.
    let quotient = Expr.cast(quotientType, ratio).converted(to: wide)
    let whole = dtype.isInteger ? quotient.applying(.round) : quotient
    // Floats of 8 bits have a zero point for the sake of its type only.
    let offset = hasZeroPoint && (dtype.isInteger || dtype.bitCount < 8) ? ElementwiseBody.input(2, dtype).converted(to: wide) : nil
    return Map(ElementwiseBody(saturated(offset.map { whole + $0 } ?? whole, to: dtype)), inputCount: hasZeroPoint ? 3 : 2)
  }

  /// `(x - zeroPoint) * scale`, computed in float32. Inputs: x, the scale, and the zero point where there is one.
  package static func dequantising(_ x: DType, by scale: DType, to dtype: DType, hasZeroPoint: Bool) -> Map {
    let number = ElementwiseBody.input(0, x).converted(to: .float32)
    let isOffset = hasZeroPoint && x.isInteger
    let difference = isOffset ? number - ElementwiseBody.input(2, x).converted(to: .float32) : number
    let product = Expr.cast(.float32, difference * ElementwiseBody.input(1, scale).converted(to: .float32))
    return Map(ElementwiseBody(product.converted(to: dtype)), inputCount: hasZeroPoint ? 3 : 2)
  }

  /// Sums of products in int32, times a factor, plus the zero point, to the nearest integer of `dtype`, ties to even. Inputs: the
  /// sums, the factor, and the zero point where there is one.
  package static func requantising(by factor: DType, to dtype: DType, hasZeroPoint: Bool) -> Map {
    let product = ElementwiseBody.input(0, .int32).converted(to: .float64) * ElementwiseBody.input(1, factor).converted(to: .float64)
    let sum = hasZeroPoint ? product + ElementwiseBody.input(2, dtype).converted(to: .float64) : product
    return Map(ElementwiseBody(saturated(sum.applying(.round), to: dtype)), inputCount: hasZeroPoint ? 3 : 2)
  }

  private static func saturated(_ x: Expr, to dtype: DType) -> Expr {
    guard dtype.isInteger else { return x.converted(to: dtype) }
    let range = dtype.integerRange
    return x.clamped(Double(range.lowerBound), Double(range.upperBound)).converted(to: dtype)
  }

  /// Integers are as exact as a double.
  private static func promoted(_ x: DType, _ scale: DType) -> DType {
    if x == scale { return x }
    return [x, scale].contains { !$0.isFloat || $0 == .float64 } ? .float64 : .float32
  }
}
