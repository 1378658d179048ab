extension Dim {
  /// The extent that `text` stands for in the form in which dimensions print: `2*T+1`, `(T+3)/2`, `-1*T`. A name starts with a
  /// letter or `_` and goes on up to one of `+*/()`. `nil` for any other text.
  package init?(text: String) {
    var parser = DimParser(text)
    guard let dim = parser.sum(), parser.isAtEnd else { return nil }
    self = dim
  }
}

/// Reads sums of products; a `/` divides what is in parentheses before it by a positive number.
private struct DimParser {
  private var rest: Substring
  private var depth = 0

  init(_ text: String) { rest = text[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func sum() -> Dim? {
    guard var total = product() else { return nil }
    while take("+") {
      guard let term = product() else { return nil }
      total += term
    }
    return total
  }

  private mutating func product() -> Dim? {
    guard var total = factor() else { return nil }
    while take("*") {
      guard let next = factor(), total.isSmall, next.isSmall else { return nil }
      total *= next
    }
    return total
  }

  private mutating func factor() -> Dim? {
    if take("(") { return quotient() }
    let word = rest.prefix { !"+*/()".contains($0) }
    rest = rest.dropFirst(word.count)
    if let number = Int(word) { return Dim(number).isSmall ? Dim(number) : nil }
    guard let first = word.first, first.isLetter || first == "_" else { return nil }
    return .symbol(String(word))
  }

  private mutating func quotient() -> Dim? {
    depth += 1
    defer { depth -= 1 }
    guard depth < 20, let dividend = sum(), take(")"), take("/") else { return nil }
    let digits = rest.prefix { $0.isNumber }
    rest = rest.dropFirst(digits.count)
    guard let divisor = Int(digits), divisor > 0 else { return nil }
    return dividend / divisor
  }

  private mutating func take(_ character: Character) -> Bool {
    guard rest.first == character else { return false }
    rest = rest.dropFirst()
    return true
  }
}

extension Dim {
  /// Coefficients that can be multiplied without overflow.
  fileprivate var isSmall: Bool { sortedTerms.count < 100 && sortedTerms.allSatisfy { $0.coefficient.magnitude < 1 << 31 } }
}
