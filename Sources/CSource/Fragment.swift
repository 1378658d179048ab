/// C text of an expression, and how tightly its outermost operator binds.
struct Fragment {
  enum Precedence: Int, Comparable {
    case conditional, logicalOr, logicalAnd, bitwise, equality, relational, additive, multiplicative, unary, primary
    static func < (a: Precedence, b: Precedence) -> Bool { a.rawValue < b.rawValue }
  }

  var text: String
  var precedence: Precedence

  init(_ text: String, _ precedence: Precedence = .primary) {
    self.text = text
    self.precedence = precedence
  }

  /// The text as an operand of something that binds at least as tightly as `precedence`.
  func atLeast(_ precedence: Precedence) -> String { self.precedence >= precedence ? text : "(\(text))" }

  static func call(_ function: String, _ arguments: Fragment...) -> Fragment {
    Fragment("\(function)(\(arguments.map(\.text).joined(separator: ", ")))")
  }

  static func cast(_ type: String, _ operand: Fragment) -> Fragment { Fragment("(\(type))\(operand.atLeast(.unary))", .unary) }

  /// Left-associative; the right operand is parenthesised where it binds no tighter. Operands of bitwise and logical operators are
  /// parenthesised unless they are plain, since readers and compilers misjudge their precedence.
  static func infix(_ symbol: String, _ precedence: Precedence, _ a: Fragment, _ b: Fragment) -> Fragment {
    let isLogical = precedence <= .bitwise
    let left = isLogical ? a.logicalOperand(symbol, precedence) : a.atLeast(precedence)
    let right = isLogical ? b.logicalOperand(symbol, precedence) : b.precedence > precedence ? b.text : "(\(b.text))"
    return Fragment("\(left) \(symbol) \(right)", precedence)
  }

  private func logicalOperand(_ symbol: String, _ outer: Precedence) -> String {
    let isPlain = precedence >= .unary || (outer != .bitwise && (precedence == .relational || precedence == .equality))
    return isPlain ? text : "(\(text))"
  }
}
