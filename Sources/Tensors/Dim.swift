/// One extent of a shape: a polynomial over named open dimensions with integer coefficients, kept in a canonical form, so
/// that equal extents compare equal (`(T + 1) * 2 == 2 * T + 2`). Coefficients that overflow stay at the largest number, so that no
/// absurd extent wraps into one that looks sensible; whoever takes shapes from a file refuses them.
package struct Dim: Hashable, Sendable {
  /// What cannot be taken apart further.
  package indirect enum Atom: Hashable, Sendable {
    /// An open dimension, by name.
    case symbol(String)
    /// The floor of a quotient by a positive constant.
    case floorDivision(Dim, by: Int)
  }

  /// The coefficient of every product of atoms; the empty product holds the constant. No coefficient is zero.
  private var terms: [[Atom]: Int]

  private init(terms: [[Atom]: Int]) { self.terms = terms.filter { $0.value != 0 } }

  package init(_ value: Int) { self.init(terms: [[]: value]) }
  package static func symbol(_ name: String) -> Dim { Dim(terms: [[.symbol(name)]: 1]) }
}

extension Dim: ExpressibleByIntegerLiteral {
  package init(integerLiteral value: Int) { self.init(value) }
}

extension Dim {
  /// The extent where it is known when we compile.
  package var constant: Int? {
    if terms.isEmpty { return 0 }
    return terms.count == 1 ? terms[[]] : nil
  }

  package static func + (a: Dim, b: Dim) -> Dim { Dim(terms: a.terms.merging(b.terms) { $0.pinnedSum($1) }) }
  package static func - (a: Dim, b: Dim) -> Dim { a + b * -1 }
  package static func += (a: inout Dim, b: Dim) { a = a + b }
  package static func *= (a: inout Dim, b: Dim) { a = a * b }

  package static func * (a: Dim, b: Dim) -> Dim {
    var product: [[Atom]: Int] = [:]
    for (x, i) in a.terms {
      for (y, j) in b.terms {
        let atoms = (x + y).sorted { $0.order < $1.order }
        product[atoms] = product[atoms, default: 0].pinnedSum(i.pinnedProduct(j))
      }
    }
    return Dim(terms: product)
  }

  /// The floor of the quotient; `divisor` is positive.
  package static func / (a: Dim, divisor: Int) -> Dim {
    precondition(divisor > 0, "a dimension is divided by a positive number")
    if divisor == 1 { return a }
    let whole = a.terms.filter { $0.value.isMultiple(of: divisor) }.mapValues { $0 / divisor }
    let rest = Dim(terms: a.terms.filter { !$0.value.isMultiple(of: divisor) })
    if let constant = rest.constant { return Dim(terms: whole) + Dim(constant.flooredDivision(by: divisor)) }
    return Dim(terms: whole) + Dim(terms: [[.floorDivision(rest, by: divisor)]: 1])
  }

  package func ceilingDivision(by divisor: Int) -> Dim { (self + Dim(divisor - 1)) / divisor }

  /// The exact quotient by `other`, if there is one that this form can express.
  package func exactQuotient(by other: Dim) -> Dim? {
    if let constant = other.constant {
      guard constant != 0, terms.allSatisfy({ $0.value.isMultiple(of: constant) }) else { return nil }
      return Dim(terms: terms.mapValues { $0 / constant })
    }
    guard other.terms.count == 1, let (atoms, coefficient) = other.terms.first else { return nil }
    var quotient: [[Atom]: Int] = [:]
    for (product, factor) in terms {
      var left = product
      for atom in atoms {
        guard let index = left.firstIndex(of: atom) else { return nil }
        left.remove(at: index)
      }
      guard factor.isMultiple(of: coefficient) else { return nil }
      quotient[left] = factor / coefficient
    }
    return Dim(terms: quotient)
  }

  /// The open dimensions it depends on.
  package var symbols: Set<String> {
    terms.keys.reduce(into: []) { names, product in
      for atom in product {
        switch atom {
        case .symbol(let name): names.insert(name)
        case .floorDivision(let dim, _): names.formUnion(dim.symbols)
        }
      }
    }
  }

  /// The value where every open dimension has the value that `values` gives it.
  /// `nil` where one is missing or the arithmetic overflows.
  package func value(_ values: [String: Int]) -> Int? {
    var sum = 0
    for (product, coefficient) in terms {
      var term = coefficient
      for atom in product {
        guard let factor = atom.value(values) else { return nil }
        let (result, overflow) = term.multipliedReportingOverflow(by: factor)
        if overflow { return nil }
        term = result
      }
      let (result, overflow) = sum.addingReportingOverflow(term)
      if overflow { return nil }
      sum = result
    }
    return sum
  }

  /// The terms in a fixed order, for whoever prints or translates a dimension.
  package var sortedTerms: [(atoms: [Atom], coefficient: Int)] {
    terms.map { (atoms: $0.key, coefficient: $0.value) }
      .sorted { ($0.atoms.count, $0.atoms.map(\.order).joined()) > ($1.atoms.count, $1.atoms.map(\.order).joined()) }
  }

  /// The same extent with open dimensions replaced.
  package func substituting(_ replacements: [String: Dim]) -> Dim {
    sortedTerms.reduce(Dim(0)) { sum, term in
      sum + term.atoms.reduce(Dim(term.coefficient)) { $0 * $1.substituting(replacements) }
    }
  }
}

extension Dim.Atom {
  fileprivate var order: String {
    switch self {
    case .symbol(let name): name
    case .floorDivision(let dim, let divisor): "(\(dim))/\(divisor)"
    }
  }

  fileprivate func value(_ values: [String: Int]) -> Int? {
    switch self {
    case .symbol(let name): values[name]
    case .floorDivision(let dim, let divisor): dim.value(values)?.flooredDivision(by: divisor)
    }
  }

  fileprivate func substituting(_ replacements: [String: Dim]) -> Dim {
    switch self {
    case .symbol(let name): replacements[name] ?? .symbol(name)
    case .floorDivision(let dim, let divisor): dim.substituting(replacements) / divisor
    }
  }
}

extension Dim: CustomStringConvertible {
  package var description: String {
    if terms.isEmpty { return "0" }
    return sortedTerms.map { term in
      let factors = term.atoms.map(\.order)
      let shown = term.coefficient == 1 && !factors.isEmpty ? factors : ["\(term.coefficient)"] + factors
      return shown.joined(separator: "*")
    }.joined(separator: "+")
  }
}

extension Int {
  fileprivate func pinnedSum(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? -.max : .max) : Swift.max(sum, -.max)
  }

  fileprivate func pinnedProduct(_ other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? ((self < 0) != (other < 0) ? -.max : .max) : Swift.max(product, -.max)
  }

  /// Division that rounds towards minus infinity.
  package func flooredDivision(by divisor: Int) -> Int {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder != 0 && (remainder < 0) != (divisor < 0) ? quotient - 1 : quotient
  }

  package func ceilingDivision(by divisor: Int) -> Int { -(-self).flooredDivision(by: divisor) }

  /// The size of the largest of as few parts of at most `limit` as there can be.
  package func balanced(_ limit: Int) -> Int { ceilingDivision(by: ceilingDivision(by: limit)) }
}
