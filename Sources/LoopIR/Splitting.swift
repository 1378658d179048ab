import Tensors

extension LoopSite {
  /// Parts of `size` iterations each, and what the tail asks for.
  func split(by size: Int, _ tail: Directive.Tail) throws(Diagnostic) -> [Stmt] {
    guard size > 0 else { throw refusal("split", hint: "parts have one iteration or more, not \(size)") }
    let iterations = scope.form(loop.upper) - scope.form(loop.lower)
    let whole = scope.expr(iterations.constantValue.map { LinearForm(Swift.max($0, 0)) } ?? iterations)
    let parts = (scope.interval(of: iterations).isNonNegative ? whole : maximum(0, whole)) / .index(size)
    let main = parted(size, parts, .index(name + "_o") * .index(size))
    if iterations.split(by: size).rest.constantValue == 0 { return [main] }
    switch tail {
    case .mustDivide: throw refusal("split", hint: "\(whole) iterations are no multiple of \(size): ask for an epilogue")
    case .epilogue:
      let start = loop.lower + parts * .index(size)
      return [main] + [.loop(Loop(name, from: start, to: loop.upper, body: loop.body))].renamed("_t")
    case .overlapping:
      try checkRepeatable()
      guard let fewest = scope.interval(of: iterations).lower, fewest >= size else {
        throw refusal("split", hint: "it may have fewer than \(size) iterations, and a part may not begin before the loop")
      }
      let place = minimum(.index(name + "_o") * .index(size), whole - .index(size))
      return [parted(size, (whole + .index(size - 1)) / .index(size), place)]
    }
  }

  /// Loops over parts and in a part, which begins `place` iterations after the first.
  private func parted(_ size: Int, _ parts: Expr, _ place: Expr) -> Stmt {
    let here = loop.lower + place + .index(name + "_i")
    let inner = Loop(name + "_i", to: .index(size), body: loop.body.map { $0.substituting([name: here]) })
    return .loop(Loop(name + "_o", to: parts, body: [.loop(inner)]))
  }

  /// Copies of the loop over the ranges between the places, which are taken in order.
  func partitioned(at places: [Expr]) throws(Diagnostic) -> [Stmt] {
    let edges = [loop.lower] + places + [loop.upper]
    for (a, b) in zip(edges, edges.dropFirst()) where !scope.interval(of: scope.form(b) - scope.form(a)).isNonNegative {
      throw refusal("partition", hint: "\(a) may lie after \(b)")
    }
    return zip(edges, edges.dropFirst()).enumerated().flatMap { entry in
      [Stmt.loop(Loop(name, from: entry.element.0, to: entry.element.1, body: loop.body))].renamed("_\(entry.offset)")
    }
  }

  /// One loop in place of this and the loop that is all it holds.
  func fused(with inner: String) throws(Diagnostic) -> [Stmt] {
    guard loop.body.count == 1, case .loop(let second) = loop.body[0], second.variable == inner else {
      throw refusal("fuse", hint: "it does not hold the loop \(inner) and nothing else")
    }
    guard !scope.form(second.lower).mentions(name), !scope.form(second.upper).mentions(name) else {
      throw refusal("fuse", hint: "the range of \(inner) depends on it")
    }
    let (rows, columns) = (scope.form(loop.upper) - scope.form(loop.lower), scope.form(second.upper) - scope.form(second.lower))
    guard let width = columns.constantValue, width > 0, scope.interval(of: rows).isNonNegative else {
      throw refusal("fuse", hint: "\(inner) has no constant number of iterations")
    }
    let both = name + inner
    let replacements = [
      name: loop.lower + .index(both) / .index(width),
      inner: second.lower + .index(both) % .index(width),
    ]
    return [.loop(Loop(both, to: scope.expr(rows.scaled(by: width)), body: second.body.map { $0.substituting(replacements) }))]
  }
}
