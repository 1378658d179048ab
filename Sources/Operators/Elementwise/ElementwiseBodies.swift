import LoopIR
import Tensors

/// Expressions that several rows are made of. They hold their precision wherever their operand lies.
extension Expr {
  /// A number of the type of this expression.
  func literal(_ value: Double) -> Expr { .constant(value, dtype) }

  /// A function of this expression.
  func applying(_ function: UnaryFunction) -> Expr { .unary(function, self) }

  /// The element as a condition: what is not zero, NaN included, holds.
  var truth: Expr { dtype == .bool ? self : .compare(.notEqual, self, literal(0)) }

  /// At least `least` and at most `most`; a bound that is infinite costs nothing. NaN stays.
  func clamped(_ least: Double, _ most: Double) -> Expr {
    let raised = least == -.infinity ? self : LoopIR.maximum(self, literal(least))
    return most == .infinity ? raised : LoopIR.minimum(raised, literal(most))
  }

  /// `exp(x) - 1` for what is not positive, precise near zero. With the hyperbolic tangent instead of `expm1`, which has no vector form.
  var expm1OfNegative: Expr {
    let t = (literal(0.5) * LoopIR.minimum(self, literal(0))).applying(.tanh)
    return (t + t) / (literal(1) - t)
  }

  /// The greater of two; NaN if either is.
  func maximumOrNaN(_ other: Expr) -> Expr { .select(.unary(.isNaN, other), other, LoopIR.maximum(self, other)) }

  /// The lesser of two; NaN if either is.
  func minimumOrNaN(_ other: Expr) -> Expr { .select(.unary(.isNaN, other), other, LoopIR.minimum(self, other)) }
}
