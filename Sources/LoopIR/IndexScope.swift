import Tensors

/// What is known of the variables at a place in a nest: the open dimensions, and the loops around it, outermost first.
package struct IndexScope: Sendable {
  /// Bounds of one variable: numbers, and forms over variables further out, each of which holds.
  private struct Bounds: Sendable {
    var depth: Int
    var interval: Interval
    /// The smallest and the largest value.
    var lowest: [LinearForm] = []
    var highest: [LinearForm] = []
  }

  private var names: [String] = []
  private var bounds: [String: Bounds] = [:]

  package init() {}

  /// Open dimensions; one without a range is not negative.
  package init(dims: [String], ranges: [String: ClosedRange<Int>] = [:]) {
    for name in dims {
      bounds[name] = Bounds(depth: -1, interval: ranges[name].map { Interval($0.lowerBound, $0.upperBound) } ?? Interval(0, nil))
    }
  }

  /// The variable is a loop variable or an open dimension.
  func holds(_ name: String) -> Bool { bounds[name] != nil }

  /// How deep in the nest the variable stands; -1 outside of it.
  func depth(_ name: String) -> Int { bounds[name]?.depth ?? -1 }

  /// The scope in the body of a loop.
  package func entering(_ loop: Loop) -> IndexScope {
    var inner = self
    let lowest = alternatives(loop.lower, of: .maximum)
    let highest = alternatives(loop.upper, of: .minimum).map { $0.adding(-1) }
    let interval = Interval(
      lowest.compactMap { self.interval(of: $0).lower }.max(), highest.compactMap { self.interval(of: $0).upper }.min())
    inner.bounds[loop.variable] = Bounds(depth: names.count, interval: interval, lowest: lowest, highest: highest)
    inner.names.append(loop.variable)
    return inner
  }

  private func alternatives(_ bound: Expr, of function: BinaryFunction) -> [LinearForm] {
    if case .binary(function, let a, let b) = bound { return alternatives(a, of: function) + alternatives(b, of: function) }
    return [form(bound)]
  }
}

extension IndexScope {
  /// Values that the index can have.
  package func bounds(of expr: Expr) -> Interval { interval(of: form(expr)) }

  /// Values of a form: term by term, and where bounds of variables depend on others also by putting those in.
  func interval(of form: LinearForm) -> Interval {
    let separate = form.terms.reduce(Interval(form.constant)) { $0 + product($1.key).scaled(by: $1.value) }
    guard let innermost = dependentVariable(form) else { return separate }
    return separate.intersection(Interval(extreme(of: form, innermost, lower: true), extreme(of: form, innermost, lower: false)))
  }

  private func product(_ atoms: [Expr]) -> Interval { atoms.reduce(Interval(1)) { $0 * interval(ofAtom: $1) } }

  private func interval(ofAtom atom: Expr) -> Interval {
    switch atom {
    case .variable(let variable): return bounds[variable.name]?.interval ?? .unbounded
    case .binary(let function, let a, let b): return interval(of: function, a, b)
    case .select(_, let a, let b): return bounds(of: a).union(bounds(of: b))
    case .int(let value, _): return Interval(Int(value))
    case .float, .load, .unary, .multiplyAdd, .dot, .compare, .cast, .reinterpret, .broadcast, .reduce, .lookup: return .unbounded
    }
  }

  private func interval(of function: BinaryFunction, _ a: Expr, _ b: Expr) -> Interval {
    switch function {
    case .minimum: return bounds(of: a).minimum(bounds(of: b))
    case .maximum: return bounds(of: a).maximum(bounds(of: b))
    case .divide: return b.positiveConstant.map { bounds(of: a).divided(by: $0) } ?? .unbounded
    case .remainder: return b.positiveConstant.map { bounds(of: a).remainder(by: $0) } ?? .unbounded
    case .floorModulo: return b.positiveConstant.map { Interval(0, $0 - 1) } ?? .unbounded
    case .add, .subtract, .multiply, .multiplyHigh, .floorDivide, .power, .arcTangent2, .shiftLeft, .shiftRight, .and, .or, .xor:
      return .unbounded
    }
  }

  /// The innermost variable of the form whose bounds are not all numbers.
  private func dependentVariable(_ form: LinearForm) -> String? {
    names.last { name in
      form.coefficient(of: name) != 0 && (bounds[name].map { !($0.lowest + $0.highest).allSatisfy { $0.terms.isEmpty } } ?? false)
    }
  }

  /// The best bound of the form that putting a bound in for the variable gives.
  private func extreme(of form: LinearForm, _ name: String, lower: Bool) -> Int? {
    let coefficient = form.coefficient(of: name)
    guard let known = bounds[name] else { return nil }
    let rest = form.without(name)
    let values = ((coefficient > 0) == lower ? known.lowest : known.highest).compactMap { bound in
      let filled = interval(of: rest + bound.scaled(by: coefficient))
      return lower ? filled.lower : filled.upper
    }
    return lower ? values.max() : values.min()
  }
}

extension Expr {
  var positiveConstant: Int? { constantIndex.flatMap { $0 > 0 ? $0 : nil } }
}
