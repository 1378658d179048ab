import Tensors

/// Index arithmetic in its canonical form: like terms collected, divisions and bounds decided where the ranges of the
/// variables allow. Indices never overflow, so it may be reordered freely.
extension IndexScope {
  /// The same index, simpler.
  package func simplified(_ index: Expr) -> Expr { expr(form(index)) }

  func form(_ expr: Expr) -> LinearForm {
    switch expr {
    case .int(let value, _): return LinearForm(Int(value))
    case .variable: return LinearForm(atom: expr)
    case .unary(.negate, let x): return form(x).scaled(by: -1)
    case .binary(let function, let a, let b): return form(function, form(a), form(b)).recombined(form)
    case .multiplyAdd(let a, let b, let c): return form(a) * form(b) + form(c)
    case .select(let condition, let a, let b): return selection(value(condition), form(a), form(b))
    case .cast(.int32, let x) where x.type == .index: return form(x)
    case .load: return LinearForm(atom: value(expr))
    case .float, .unary, .dot, .compare, .cast, .reinterpret, .broadcast, .reduce, .lookup:
      return LinearForm(atom: expr.mapChildren { value($0) })
    }
  }

  private func form(_ function: BinaryFunction, _ a: LinearForm, _ b: LinearForm) -> LinearForm {
    switch function {
    case .add: return a + b
    case .subtract: return a - b
    case .multiply: return a * b
    case .divide: return quotient(a, b)
    case .remainder: return remainder(a, b)
    case .floorDivide where interval(of: a).isNonNegative && interval(of: b).isNonNegative: return quotient(a, b)
    case .floorModulo where interval(of: a).isNonNegative && interval(of: b).isNonNegative: return remainder(a, b)
    case .minimum: return interval(of: a - b).upper.map { $0 <= 0 } ?? false ? a : lesser(function, b, a)
    case .maximum: return interval(of: a - b).lower.map { $0 >= 0 } ?? false ? a : lesser(function, b, a)
    case .multiplyHigh, .floorDivide, .floorModulo, .power, .arcTangent2, .shiftLeft, .shiftRight, .and, .or, .xor:
      return opaque(function, a, b)
    }
  }

  /// A minimum or maximum that is not its second operand: the first one, if that is decided.
  private func lesser(_ function: BinaryFunction, _ a: LinearForm, _ b: LinearForm) -> LinearForm {
    let distance = interval(of: a - b)
    let isDecided = function == .minimum ? distance.upper.map { $0 <= 0 } : distance.lower.map { $0 >= 0 }
    return isDecided ?? false ? a : opaque(function, b, a)
  }

  private func opaque(_ function: BinaryFunction, _ a: LinearForm, _ b: LinearForm) -> LinearForm {
    if let x = a.constantValue, let y = b.constantValue, let value = function.folded(x, y) { return LinearForm(value) }
    return LinearForm(atom: .binary(function, expr(a), expr(b)))
  }

  /// `(whole · q + rest) / q` is `whole + rest / q` where nothing is negative.
  private func quotient(_ a: LinearForm, _ b: LinearForm) -> LinearForm {
    guard let divisor = b.constantValue, divisor > 0, a.constantValue == nil, interval(of: a).isNonNegative else {
      return b.constantValue == 1 ? a : opaque(.divide, a, b)
    }
    let (whole, rest) = a.split(by: divisor)
    let range = interval(of: rest)
    guard let lower = range.lower, lower >= 0 else { return opaque(.divide, a, b) }
    if let upper = range.upper, upper / divisor == lower / divisor { return whole.adding(lower / divisor) }
    if let (factor, coarse, _) = coarsened(rest, divisor) { return whole + quotient(coarse, LinearForm(divisor / factor)) }
    return whole + opaque(.divide, rest, b)
  }

  private func remainder(_ a: LinearForm, _ b: LinearForm) -> LinearForm {
    guard let divisor = b.constantValue, divisor > 0, a.constantValue == nil, interval(of: a).isNonNegative else {
      return b.constantValue == 1 ? LinearForm(0) : opaque(.remainder, a, b)
    }
    let rest = a.split(by: divisor).rest
    let range = interval(of: rest)
    guard let lower = range.lower, lower >= 0 else { return opaque(.remainder, a, b) }
    if let upper = range.upper, upper / divisor == lower / divisor { return rest.adding(-(lower / divisor) * divisor) }
    if let (factor, coarse, fine) = coarsened(rest, divisor) {
      return remainder(coarse, LinearForm(divisor / factor)).scaled(by: factor) + fine
    }
    return opaque(.remainder, rest, b)
  }

  /// A `factor` of the divisor such that `form` is `factor · coarse + fine`, where `fine` stays below it and nothing is negative.
  private func coarsened(_ form: LinearForm, _ divisor: Int) -> (factor: Int, coarse: LinearForm, fine: LinearForm)? {
    let factors = Set(form.terms.values.map { greatestCommonDivisor($0, divisor) }).subtracting([1, divisor])
    for factor in factors.sorted(by: >) {
      let (coarse, fine) = form.split(by: factor)
      let (range, steps) = (interval(of: fine), interval(of: coarse))
      if range.isNonNegative, steps.isNonNegative, let upper = range.upper, upper < factor { return (factor, coarse, fine) }
    }
    return nil
  }

  private func selection(_ condition: Expr, _ a: LinearForm, _ b: LinearForm) -> LinearForm {
    if a == b { return a }
    if case .int(let decided, .bool) = condition { return decided != 0 ? a : b }
    return LinearForm(atom: .select(condition, expr(a), expr(b)))
  }
}

extension IndexScope {
  /// The form as an expression: what changes least comes first, so that C compilers keep common parts.
  func expr(_ form: LinearForm) -> Expr {
    let ordered = form.terms.map { (product: $0.key, coefficient: $0.value, order: order($0.key)) }
      .sorted { $0.order.depth == $1.order.depth ? $0.order.text < $1.order.text : $0.order.depth < $1.order.depth }
    guard let first = ordered.first else { return .index(form.constant) }
    let leading = first.coefficient < 0 ? form.constant : 0
    let sum = ordered.reduce(Expr.index(leading)) { sum, term in
      let product = term.product.reduce(1) { $0 * $1 }
      let scaled = product * .index(abs(term.coefficient))
      return term.coefficient < 0 ? sum - scaled : sum + scaled
    }
    let rest = form.constant - leading
    return rest < 0 ? sum - .index(-rest) : sum + .index(rest)
  }

  private func order(_ product: [Expr]) -> (depth: Int, text: String) {
    (product.flatMap(\.variables).map(depth).max() ?? -1, product.map(\.description).joined(separator: "*"))
  }
}

func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? abs(a) : greatestCommonDivisor(b, a % b) }
