import LoopIR
import Tensors

/// A rewriting of expressions that changes no bit of any result, where operations round to their types.
package struct BodyRule: Sendable {
  /// The identity, for people and for the test that tries it.
  package let name: String
  package let apply: @Sendable (Expr) -> Expr?

  init(_ name: String, _ apply: @escaping @Sendable (Expr) -> Expr?) {
    self.name = name
    self.apply = apply
  }

  package static let all: [BodyRule] = [
    // x + 0 is no identity for floats: -0 + 0 is 0.
    BodyRule("x + -0 = x") { expr in
      guard case .binary(.add, let a, let b) = expr else { return nil }
      return b.isNeutralInSums ? a : a.isNeutralInSums ? b : nil
    },
    BodyRule("x - 0 = x") { expr in
      guard case .binary(.subtract, let a, let b) = expr, b.isZero(negative: false) else { return nil }
      return a
    },
    BodyRule("x * 1 = x") { expr in
      guard case .binary(.multiply, let a, let b) = expr else { return nil }
      return b.isNumber(1) ? a : a.isNumber(1) ? b : nil
    },
    BodyRule("x / 1 = x") { expr in
      guard case .binary(.divide, let a, let b) = expr, b.isNumber(1) else { return nil }
      return a
    },
    BodyRule("x / 2^k = x * 2^-k") { expr in
      guard case .binary(.divide, let a, .float(let divisor, let dtype)) = expr else { return nil }
      return dtype.exactReciprocal(divisor).map { .binary(.multiply, a, .float($0, dtype)) }
    },
    BodyRule("x * -1 = -x") { expr in
      guard case .binary(.multiply, let a, let b) = expr, a.dtype.isFloat else { return nil }
      return b.isNumber(-1) ? .unary(.negate, a) : a.isNumber(-1) ? .unary(.negate, b) : nil
    },
    BodyRule("-(-x) = x") { expr in
      guard case .unary(.negate, .unary(.negate, let x)) = expr else { return nil }
      return x
    },
    BodyRule("x + -y = x - y") { expr in
      guard case .binary(.add, let a, .unary(.negate, let b)) = expr else { return nil }
      return .binary(.subtract, a, b)
    },
    BodyRule("x - -y = x + y") { expr in
      guard case .binary(.subtract, let a, .unary(.negate, let b)) = expr else { return nil }
      return .binary(.add, a, b)
    },
    BodyRule("|-x| = ||x|| = |x|") { expr in
      switch expr {
      case .unary(.abs, .unary(.negate, let x)): x.dtype.isSigned ? .unary(.abs, x) : nil
      case .unary(.abs, .unary(.abs, let x)): .unary(.abs, x)
      default: nil
      }
    },
    BodyRule("min(x, x) = x") { expr in
      switch expr {
      case .binary(.minimum, let a, let b), .binary(.maximum, let a, let b): a == b ? a : nil
      default: nil
      }
    },
    BodyRule("max(max(x, y), y) = max(x, y)") { expr in
      switch expr {
      case .binary(.maximum, .binary(.maximum, let a, let b), let c): b == c ? .binary(.maximum, a, b) : nil
      case .binary(.minimum, .binary(.minimum, let a, let b), let c): b == c ? .binary(.minimum, a, b) : nil
      default: nil
      }
    },
    // In a wider type the square is exact, so that the power is rounded once as the product is.
    BodyRule("x^2 = x * x") { expr in
      guard case .binary(.power, let a, .float(2, _)) = expr, case .variable = a, a.dtype != .float64 else { return nil }
      return .binary(.multiply, a, a)
    },
    BodyRule("c ? x : x = x") { expr in
      guard case .select(_, let a, let b) = expr, a == b, "\(a)" == "\(b)" else { return nil }
      return a
    },
    BodyRule("true ? x : y = x") { expr in
      guard case .select(.int(let condition, _), let a, let b) = expr else { return nil }
      return condition != 0 ? a : b
    },
    BodyRule("T(x) = x for x of type T") { expr in
      guard case .cast(let dtype, let x) = expr, x.dtype == dtype else { return nil }
      return x
    },
    BodyRule("T(U(x)) = T(x) where U holds all x") { expr in
      guard case .cast(let dtype, .cast(let between, let x)) = expr, between.holdsAll(of: x.dtype) else { return nil }
      // Only a cast from another type takes infinity away.
      if dtype == .float8e5m2 && x.dtype == dtype { return nil }
      return .cast(dtype, x)
    },
    BodyRule("f(c) = literal") { expr in
      expr.foldedArithmetic
    },
  ]
}

extension Expr {
  /// The expression with every rule applied, from the inside out, until none does.
  package var simplified: Expr {
    var expr = mapChildren(\.simplified)
    while let next = expr.rewrittenOnce { expr = next.mapChildren(\.simplified) }
    return expr
  }

  private var rewrittenOnce: Expr? {
    for rule in BodyRule.all {
      if let result = rule.apply(self) { return result }
    }
    return nil
  }

  fileprivate var isLiteral: Bool {
    switch self {
    case .int, .float: true
    default: false
    }
  }

  fileprivate func isNumber(_ number: Double) -> Bool {
    switch self {
    case .int(let value, let dtype): dtype != .bool && Double(value) == number
    case .float(let value, _): value == number
    default: false
    }
  }

  fileprivate func isZero(negative: Bool) -> Bool {
    switch self {
    case .int(let value, let dtype): dtype != .bool && value == 0
    case .float(let value, _): value == 0 && (value.sign == .minus) == negative
    default: false
    }
  }

  fileprivate var isNeutralInSums: Bool { isZero(negative: true) }

  /// An operation on literals, computed, where the result is a number that C can write.
  fileprivate var foldedArithmetic: Expr? {
    guard !children.isEmpty, children.allSatisfy(\.isLiteral) else { return nil }
    let evaluator = ColumnEvaluator(.typed) { (variable) throws(Diagnostic) in throw Diagnostic("\(variable.name) is no literal") }
    guard let column = try? evaluator.value(self) else { return nil }
    switch column {
    case .floats(let values): return values[0].isFinite ? .float(values[0], dtype) : nil
    case .integers(let values): return .int(values[0], dtype)
    }
  }
}

extension DType {
  /// `1 / divisor` where it is exact and both are normal numbers of the type.
  fileprivate func exactReciprocal(_ divisor: Double) -> Double? {
    guard divisor.isNormal, divisor.significand == 1, abs(divisor.exponent) <= largestExponent else { return nil }
    return 1 / divisor
  }

  private var largestExponent: Int {
    switch self {
    case .float64: 1022
    case .float32, .bfloat16: 126
    case .float16: 14
    default: -1
    }
  }

  /// Every number of `other` is a number of this type.
  fileprivate func holdsAll(of other: DType) -> Bool {
    if self == other || other == .bool && self != .float8e8m0 { return true }
    switch (self, other) {
    case (.float64, _): return other != .int64 && other != .uint64
    case (.float32, _): return other.bitCount <= 16
    case (.float16, _), (.bfloat16, _): return other == .int8 || other == .uint8
    case (_, _) where isInteger && other.isInteger: return bitCount > other.bitCount && (isSigned || !other.isSigned)
    default: return false
    }
  }
}
