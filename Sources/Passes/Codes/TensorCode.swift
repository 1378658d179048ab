import GraphIR
import LoopIR
import Operators
import Tensors

/// How the elements of a value of the graph stand for codes from 0 to 255, exactly: as floats `scale * (code - zero)`, or as the integers
/// `code - zero`. Codes of int8 are moved up by 128.
struct TensorCode: Hashable {
  /// Its scale is 1 where the value holds integers.
  let affine: AffineCode
  /// Of the value.
  let dtype: DType
  /// Of the codes that the model has: uint8 or int8.
  let narrow: DType

  /// What a code of the model is less than ours.
  var shift: Int { narrow == .int8 ? 128 : 0 }

  /// The value as an expression over its code, computed as the model does.
  func decoding(_ code: Expr) -> Expr {
    let wide: DType = dtype.isFloat ? dtype : .int32
    let number = Expr.cast(wide, code)
    let difference = affine.zero == 0 ? number : .binary(.subtract, number, .constant(Double(affine.zero), wide))
    if !dtype.isFloat { return difference.converted(to: dtype) }
    return affine.scale == 1 ? difference : .binary(.multiply, difference, .float(affine.scale, dtype))
  }

  /// The code that stands for exactly this number.
  func code(exactly real: Double) -> Int? {
    let code = affine.code(real)
    return Double(Float(affine.scale * Double(code - affine.zero))) == real ? code : nil
  }
}

/// An expression that decodes: `scale * (T(code) - zero)` of an expression that gives uint8 or int8.
struct Decoding {
  let code: TensorCode
  /// Of type uint8, in our codes.
  let expr: Expr

  /// `nil` for other expressions.
  init?(_ body: Expr) {
    var (rest, scale, zero) = (body, 1.0, 0.0)
    if case .binary(.multiply, let a, .float(let factor, .float32)) = rest { (rest, scale) = (a, factor) }
    switch rest {
    case .binary(.subtract, let a, .float(let number, _)): (rest, zero) = (a, number)
    case .binary(.subtract, let a, .int(let number, _)): (rest, zero) = (a, Double(number))
    default: break
    }
    var narrow = rest
    if case .cast(let dtype, let a) = rest, dtype == body.dtype { narrow = a }
    guard [DType.uint8, .int8].contains(narrow.dtype), [.float32, .int16, .int32, .int8].contains(body.dtype) else { return nil }
    guard narrow.dtype.integerRange.contains(Int64(exactly: zero) ?? 1000), scale.isNormal, scale > 0 else { return nil }
    // What already is a code of ours.
    guard body.dtype != .int8 || narrow == body else { return nil }
    let shift = narrow.dtype == .int8 ? 128 : 0
    code = TensorCode(affine: AffineCode(scale: scale, zero: Int(zero) + shift), dtype: body.dtype, narrow: narrow.dtype)
    expr = narrow.code
  }
}

/// An expression that rounds to a code: `T(min(max(round(x) + zero, least), most))`.
struct Encoding {
  /// In the model's codes.
  let zero: Double
  let dtype: DType
  let rounded: Expr

  init?(_ expr: Expr) {
    guard case .cast(let dtype, .binary(.minimum, .binary(.maximum, let sum, .float(let least, _)), .float(let most, _))) = expr,
      dtype == .uint8 || dtype == .int8, Double(dtype.integerRange.lowerBound) == least, Double(dtype.integerRange.upperBound) == most
    else { return nil }
    var (rest, zero) = (sum, 0.0)
    if case .binary(.add, let a, .float(let number, _)) = sum { (rest, zero) = (a, number) }
    guard case .unary(.round, _) = rest else { return nil }
    (self.zero, self.dtype, rounded) = (zero, dtype, rest)
  }

  /// The same as a code of ours.
  var code: Expr {
    let zero = zero + (dtype == .int8 ? 128 : 0)
    if case .unary(.round, let steps) = rounded, let (real, scale) = steps.quotient, let decoding = Decoding(real),
      decoding.code.affine == AffineCode(scale: scale, zero: Int(zero)), decoding.code.dtype == .float32
    {
      // Codes lie within 255 steps, so that rounding cannot move them.
      return decoding.expr
    }
    let sum = zero == 0 ? rounded : .binary(.add, rounded, .float(zero, rounded.dtype))
    return .cast(.uint8, minimum(maximum(sum, .float(0, rounded.dtype)), .float(255, rounded.dtype)))
  }
}

extension Expr {
  /// An expression of type uint8 or int8 as a code of ours.
  fileprivate var code: Expr {
    if let encoding = Encoding(self) { return encoding.code }
    if dtype == .uint8 { return self }
    if case .cast(.int8, .binary(.subtract, .cast(.int32, let code), .int(128, _))) = self, code.dtype == .uint8 { return code }
    return .cast(.uint8, .binary(.add, .cast(.int32, self), .int(128, .int32)))
  }

  /// A quotient by a literal, also one that has become a product with the reciprocal of a power of two.
  var quotient: (dividend: Expr, divisor: Double)? {
    switch self {
    case .binary(.divide, let a, .float(let divisor, .float32)): (a, divisor)
    case .binary(.multiply, let a, .float(let factor, .float32)) where factor.significand == 1 && factor > 0: (a, 1 / factor)
    default: nil
    }
  }
}
