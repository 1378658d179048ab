import GraphIR
import LoopIR
import Tensors

/// An int32 expression, all that it may be, and, by its user, of how much one is.
struct FixedPoint {
  var expr: Expr
  var bounds: ClosedRange<Int64>

  /// `nil` where int32 does not hold all of `bounds`.
  init?(_ expr: Expr, _ bounds: ClosedRange<Int64>) {
    guard DType.int32.integerRange.lowerBound < bounds.lowerBound, bounds.upperBound <= DType.int32.integerRange.upperBound else {
      return nil
    }
    self.expr = expr
    self.bounds = bounds
  }

  static func literal(_ value: Int64) -> FixedPoint? { FixedPoint(.int(value, .int32), value...value) }

  /// Nothing wraps, whatever the values within the bounds; else `nil`.
  func plus(_ other: FixedPoint) -> FixedPoint? {
    if bounds == 0...0 { return other }
    if other.bounds == 0...0 { return self }
    let sum = bounds.lowerBound + other.bounds.lowerBound...bounds.upperBound + other.bounds.upperBound
    return FixedPoint(.binary(.add, expr, other.expr), sum)
  }

  func times(_ factor: Int64) -> FixedPoint? {
    if factor == 1 { return self }
    guard factor.magnitude <= 1 << 31 else { return nil }
    let ends = [bounds.lowerBound * factor, bounds.upperBound * factor].sorted()
    return FixedPoint(.binary(.multiply, expr, .int(factor, .int32)), ends[0]...ends[1])
  }

  /// `inWriting`: also where the bounds say that nothing lies outside, for those who see only the expression.
  func clamped(_ range: ClosedRange<Int64>, inWriting: Bool = false) -> FixedPoint {
    var result = self
    if inWriting || bounds.lowerBound < range.lowerBound { result.expr = maximum(result.expr, .int(range.lowerBound, .int32)) }
    if inWriting || bounds.upperBound > range.upperBound { result.expr = minimum(result.expr, .int(range.upperBound, .int32)) }
    let low = min(max(bounds.lowerBound, range.lowerBound), range.upperBound)
    result.bounds = low...max(min(bounds.upperBound, range.upperBound), low)
    return result
  }

  /// Rounded towards minus infinity.
  func shiftedRight(_ bits: Int64) -> FixedPoint? {
    if bits == 0 { return self }
    return FixedPoint(.binary(.shiftRight, expr, .int(bits, .int32)), bounds.lowerBound >> bits...bounds.upperBound >> bits)
  }
}

/// The constants that integer bodies read: tensors of int32 as the variables `c0`, `c1`, …
struct IntegerConstants {
  private(set) var tensors: [Tensor] = []

  /// The nearest integers; `nil` where int32 does not hold one.
  mutating func integers(_ numbers: Numbers) -> FixedPoint? {
    let whole = numbers.map { $0.rounded(.toNearestOrEven) }
    guard whole.isFinite, whole.magnitude < 0x1p31 else { return nil }
    let bounds = Int64(whole.least)...Int64(whole.greatest)
    if let value = whole.uniform { return .literal(Int64(value)) }
    let tensor = Tensor(.int32, whole.dims, integers: whole.values.map { Int64($0) })
    let position = tensors.firstIndex(of: tensor) ?? tensors.count
    if position == tensors.count { tensors.append(tensor) }
    return FixedPoint(.variable(Variable("c\(position)", ValueType(.int32))), bounds)
  }

  /// `x * factor`, rounded towards minus infinity, by the upper half of a product; `x` is moved left first where the factor is large.
  /// `nil` where that does not fit.
  mutating func scaled(_ x: FixedPoint, by factor: Numbers) -> FixedPoint? {
    if let whole = factor.uniform, whole.magnitude >= 1, whole == whole.rounded(), whole.magnitude < 0x1p31 { return x.times(Int64(whole)) }
    guard factor.isFinite else { return nil }
    let shift = IntegerConstants.shift(for: factor.magnitude)
    guard shift < 31, let moved = x.times(1 << shift) else { return nil }
    guard let multiplier = integers(factor.map { $0 * 0x1p32 / Double(Int64(1) << shift) }) else { return nil }
    let ends = [multiplier.bounds.lowerBound, multiplier.bounds.upperBound].flatMap { m in
      [moved.bounds.lowerBound, moved.bounds.upperBound].map { ($0 * m) >> 32 }
    }
    return FixedPoint(.binary(.multiplyHigh, moved.expr, multiplier.expr), (ends.min() ?? 0)...(ends.max() ?? 0))
  }

  /// How far to the left so that the multiplier stays below 2^31.
  static func shift(for factor: Double) -> Int64 {
    var shift: Int64 = 0
    while shift < 31, factor * 0x1p32 / Double(Int64(1) << shift) >= 0x1p31 - 1 { shift += 1 }
    return shift
  }
}
