/// An index as a sum of products: `constant + Σ coefficient · product of atoms`. Equal forms are equal indices. An atom is a variable,
/// or an expression that is no polynomial (`i / 3`, `minimum(i, j)`).
struct LinearForm: Hashable {
  private(set) var constant: Int
  /// Atoms of a product stand in a fixed order; no coefficient is zero.
  private(set) var terms: [[Expr]: Int]

  init(_ constant: Int) {
    self.constant = constant
    terms = [:]
  }

  init(atom: Expr) {
    constant = 0
    terms = [[atom]: 1]
  }

  init(constant: Int, terms: [[Expr]: Int]) {
    self.constant = constant
    self.terms = terms.filter { $0.value != 0 }
  }

  /// The value of a form without terms.
  var constantValue: Int? { terms.isEmpty ? constant : nil }

  static func + (a: LinearForm, b: LinearForm) -> LinearForm {
    if b.terms.isEmpty { return a.adding(b.constant) }
    return LinearForm(constant: a.constant &+ b.constant, terms: a.terms.merging(b.terms) { $0 &+ $1 })
  }

  static func - (a: LinearForm, b: LinearForm) -> LinearForm { a + b.scaled(by: -1) }

  static func * (a: LinearForm, b: LinearForm) -> LinearForm {
    if let factor = a.constantValue { return b.scaled(by: factor) }
    if let factor = b.constantValue { return a.scaled(by: factor) }
    var terms = a.scaled(by: b.constant).terms.merging(b.scaled(by: a.constant).terms) { $0 &+ $1 }
    for (x, i) in a.terms {
      for (y, j) in b.terms { terms[(x + y).sorted { $0.description < $1.description }, default: 0] &+= i &* j }
    }
    return LinearForm(constant: a.constant &* b.constant, terms: terms)
  }

  func adding(_ value: Int) -> LinearForm {
    var result = self
    result.constant &+= value
    return result
  }

  func scaled(by factor: Int) -> LinearForm {
    LinearForm(constant: constant &* factor, terms: factor == 1 ? terms : terms.mapValues { $0 &* factor })
  }
}

extension LinearForm {
  /// The coefficient of the variable itself; other terms may still depend on it.
  func coefficient(of variable: String) -> Int { terms[[.index(variable)]] ?? 0 }

  /// The form without the term of the variable itself.
  func without(_ variable: String) -> LinearForm {
    LinearForm(constant: constant, terms: terms.filter { $0.key != [.index(variable)] })
  }

  /// `whole · divisor + rest`; all that is no multiple stays in `rest`, whose constant is in `0..<divisor`.
  func split(by divisor: Int) -> (whole: LinearForm, rest: LinearForm) {
    let quotient = constant.flooredQuotient(divisor)
    let whole = terms.filter { $0.value.isMultiple(of: divisor) }.mapValues { $0 / divisor }
    return (
      LinearForm(constant: quotient, terms: whole),
      LinearForm(constant: constant - quotient * divisor, terms: terms.filter { !$0.value.isMultiple(of: divisor) })
    )
  }

  /// The names of all variables in it.
  var variables: Set<String> { Set(terms.keys.flatMap { $0.flatMap(\.variables) }) }

  func mentions(_ variable: String) -> Bool { terms.keys.contains { $0.contains { $0.variables.contains(variable) } } }

  /// `x / q · q + x % q` taken together as `x`, at any scale: `parts` gives the form of an expression.
  func recombined(_ parts: (Expr) -> LinearForm) -> LinearForm {
    var result = self
    for (product, coefficient) in terms {
      guard product.count == 1, case .binary(.remainder, let x, let q) = product[0], let divisor = q.constantIndex else { continue }
      let quotient: [Expr] = [.binary(.divide, x, q)]
      guard result.terms[quotient] == coefficient &* divisor else { continue }
      var rest = result.terms
      rest[product] = nil
      rest[quotient] = nil
      result = LinearForm(constant: result.constant, terms: rest) + parts(x).scaled(by: coefficient)
    }
    return result
  }
}

extension Int {
  /// Division by a positive number that rounds towards minus infinity.
  fileprivate func flooredQuotient(_ divisor: Int) -> Int { self >= 0 ? self / divisor : -((divisor - 1 - self) / divisor) }
}
