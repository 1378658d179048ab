import Tensors

/// A rewrite of values that keeps every bit: `pattern` becomes `replacement`. Variables whose names begin with `#` stand for any
/// expression of their type; where one occurs twice, both are equal.
package struct Rule: Hashable, Sendable, CustomStringConvertible {
  package let pattern: Expr
  package let replacement: Expr

  init(_ pattern: Expr, _ replacement: Expr) {
    self.pattern = pattern
    self.replacement = replacement
  }

  package var description: String { "\(pattern) -> \(replacement)" }

  /// What the rule makes of `expr`, or `nil` where it does not match.
  package func apply(_ expr: Expr) -> Expr? {
    var bindings: [String: Expr] = [:]
    return Rule.match(pattern, expr, &bindings) ? replacement.substituting(bindings) : nil
  }

  private static func match(_ pattern: Expr, _ expr: Expr, _ bindings: inout [String: Expr]) -> Bool {
    if case .variable(let variable) = pattern, variable.name.hasPrefix("#") {
      guard variable.type == expr.type else { return false }
      if let bound = bindings[variable.name] { return bound == expr }
      bindings[variable.name] = expr
      return true
    }
    guard hasSameHead(pattern, expr) else { return false }
    return zip(pattern.children, expr.children).allSatisfy { match($0, $1, &bindings) }
  }

  private static func hasSameHead(_ a: Expr, _ b: Expr) -> Bool {
    switch (a, b) {
    case (.unary(let f, _), .unary(let g, _)): f == g
    case (.binary(let f, _, _), .binary(let g, _, _)): f == g
    case (.cast(let f, _), .cast(let g, _)), (.reinterpret(let f, _), .reinterpret(let g, _)): f == g
    case (.select, .select): true
    default: a == b
    }
  }
}

extension Rule {
  /// The rules for values of a type.
  package static let all: [DType: [Rule]] = Dictionary(uniqueKeysWithValues: DType.allCases.map { ($0, rules($0)) })

  private static func rules(_ dtype: DType) -> [Rule] {
    let x = Expr.variable(Variable("#x", ValueType(dtype)))
    let y = Expr.variable(Variable("#y", ValueType(dtype)))
    let condition = Expr.variable(Variable("#c", ValueType(.bool)))
    let common = [
      Rule(.cast(dtype, x), x),
      Rule(.select(condition, x, x), x),
      Rule(.select(.truth, x, y), x),
      Rule(.select(.falsehood, x, y), y),
    ]
    // Zero is no number of the powers of two, nor is the negative of one.
    if dtype == .float8e8m0 { return common }
    return common + (dtype == .bool ? logic(condition) : arithmetic(x, dtype))
  }

  /// `x + 0` is not among them: it turns -0 into 0.
  private static func arithmetic(_ x: Expr, _ dtype: DType) -> [Rule] {
    let (zero, one) = (Expr.constant(0, dtype), Expr.constant(1, dtype))
    return [
      Rule(.binary(.multiply, x, one), x),
      Rule(.binary(.multiply, one, x), x),
      Rule(.binary(.divide, x, one), x),
      Rule(.binary(.subtract, x, zero), x),
      Rule(.binary(.minimum, x, x), x),
      Rule(.binary(.maximum, x, x), x),
      Rule(.unary(.negate, .unary(.negate, x)), x),
      Rule(.unary(.abs, .unary(.abs, x)), .unary(.abs, x)),
    ]
  }

  private static func logic(_ c: Expr) -> [Rule] {
    [
      Rule(.binary(.and, .truth, c), c),
      Rule(.binary(.and, c, .truth), c),
      Rule(.binary(.and, .falsehood, c), .falsehood),
      Rule(.binary(.and, c, .falsehood), .falsehood),
      Rule(.binary(.or, .truth, c), .truth),
      Rule(.binary(.or, c, .truth), .truth),
      Rule(.binary(.or, .falsehood, c), c),
      Rule(.binary(.or, c, .falsehood), c),
      Rule(.unary(.not, .unary(.not, c)), c),
      Rule(.unary(.not, .truth), .falsehood),
      Rule(.unary(.not, .falsehood), .truth),
    ]
  }
}

extension Expr {
  package static let truth = Expr.int(1, .bool)
  package static let falsehood = Expr.int(0, .bool)
}
