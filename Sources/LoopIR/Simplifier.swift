import Tensors

extension Kernel {
  /// The same kernel with simpler indices and bounds; loops that run once or never, and branches that are decided, are gone.
  /// `dims` bounds the open dimensions.
  package func simplified(dims ranges: [String: ClosedRange<Int>] = [:]) -> Kernel {
    var result = self
    result.body = IndexScope(dims: dims, ranges: ranges).simplified(body)
    return result
  }
}

extension IndexScope {
  package func simplified(_ body: [Stmt]) -> [Stmt] { body.flatMap(simplified) }

  private func simplified(_ statement: Stmt) -> [Stmt] {
    switch statement {
    case .loop(let loop): return simplified(loop)
    case .declare(let variable, let initial): return [.declare(variable, value(initial))]
    case .assign(let variable, let new): return [.assign(variable, value(new))]
    case .store(let buffer, let at, let stride, let new): return [.store(buffer, at: simplified(at), stride: stride, value(new))]
    case .branch(let condition, let then, let otherwise):
      let decided = value(condition)
      if case .int(let truth, .bool) = decided { return simplified(truth != 0 ? then : otherwise) }
      return [.branch(decided, then: simplified(then), else: simplified(otherwise))]
    }
  }

  private func simplified(_ loop: Loop) -> [Stmt] {
    var result = loop
    result.lower = simplified(loop.lower)
    result.upper = simplified(loop.upper)
    let extent = interval(of: form(result.upper) - form(result.lower))
    if let most = extent.upper, most <= 0 { return [] }
    if extent.single == 1 { return simplified(loop.body.map { $0.substituting([loop.variable: result.lower]) }) }
    result.body = entering(result).simplified(loop.body)
    return result.body.isEmpty ? [] : [.loop(result)]
  }

  /// A value, in which only indices are reordered: other integers may wrap.
  package func value(_ expr: Expr) -> Expr {
    if isIndex(expr) { return simplified(expr) }
    switch expr {
    case .int, .float, .variable: return expr
    case .load(let buffer, let at, let access): return .load(buffer, at: simplified(at), access)
    case .compare(let comparison, let a, let b) where isIndex(a) && isIndex(b): return compared(comparison, a, b)
    case .unary, .binary, .multiplyAdd, .dot, .compare, .select, .cast, .reinterpret, .broadcast, .reduce, .lookup:
      return rewritten(expr.mapChildren { value($0) })
    }
  }

  /// The rules applied at the root until none matches; each makes the expression smaller.
  private func rewritten(_ expr: Expr) -> Expr {
    guard expr.type.lanes == 1, let rules = Rule.all[expr.dtype] else { return expr }
    for rule in rules {
      if let better = rule.apply(expr) { return rewritten(better) }
    }
    return expr
  }

  /// The expression is made of loop variables and open dimensions only.
  private func isIndex(_ expr: Expr) -> Bool {
    guard expr.type == .index else { return false }
    switch expr {
    case .int: return true
    case .variable(let variable): return holds(variable.name)
    case .binary, .multiplyAdd, .unary: return expr.children.allSatisfy(isIndex)
    case .float, .load, .dot, .compare, .select, .cast, .reinterpret, .broadcast, .reduce, .lookup: return false
    }
  }

  private func compared(_ comparison: Comparison, _ a: Expr, _ b: Expr) -> Expr {
    let (x, y) = (form(a), form(b))
    return comparison.decided(interval(of: x - y)).map { $0 ? .truth : .falsehood } ?? .compare(comparison, expr(x), expr(y))
  }
}

extension Comparison {
  /// Whether `a` and `b` compare so, given the values of `a - b`; `nil` where both may be.
  fileprivate func decided(_ distance: Interval) -> Bool? {
    let (lower, upper) = (distance.lower ?? Int.min, distance.upper ?? Int.max)
    switch self {
    case .less: return upper < 0 ? true : lower >= 0 ? false : nil
    case .lessOrEqual: return upper <= 0 ? true : lower > 0 ? false : nil
    case .greater: return lower > 0 ? true : upper <= 0 ? false : nil
    case .greaterOrEqual: return lower >= 0 ? true : upper < 0 ? false : nil
    case .equal: return distance.single == 0 ? true : distance.excludes(0) ? false : nil
    case .notEqual: return distance.single == 0 ? false : distance.excludes(0) ? true : nil
    }
  }
}

extension Stmt {
  /// The statement with variables replaced, by name.
  package func substituting(_ replacements: [String: Expr]) -> Stmt { mapExpressions { $0.substituting(replacements) } }
}
