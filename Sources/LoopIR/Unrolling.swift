import Tensors

extension LoopSite {
  /// The body once for each iteration, in order.
  func unrolled() throws(Diagnostic) -> [Stmt] {
    let count = try constantExtent(to: "unroll")
    return (0..<count).flatMap { copy in
      loop.body.map { $0.substituting([name: loop.lower + .index(copy)]) }.renamed("_\(copy)")
    }
  }

  /// The iterations side by side: each run of statements once for each, and loops in the body around all of them.
  func jammed() throws(Diagnostic) -> [Stmt] {
    let count = try constantExtent(to: "jam")
    try checkIndependent(over: [name])
    return try jammed(loop.body, copies(count))
  }

  /// For each copy, what its names become: the loop variable its value, and locals theirs with a suffix.
  private func copies(_ count: Int) -> [(value: Expr, names: [String: String])] {
    let locals = loop.body.flatMap(\.locals)
    return (0..<count).map { copy in
      (loop.lower + .index(copy), Dictionary(locals.map { ($0, "\($0)_\(copy)") }) { first, _ in first })
    }
  }

  private func jammed(_ body: [Stmt], _ copies: [(value: Expr, names: [String: String])]) throws(Diagnostic) -> [Stmt] {
    var result: [Stmt] = []
    var run: [Stmt] = []
    func finishRun() {
      result += copies.flatMap { copy in run.map { $0.renaming(copy.names).substituting([name: copy.value]) } }
      run = []
    }
    for statement in body {
      switch statement {
      case .loop(var inner):
        finishRun()
        try checkShared(inner.lower, inner.upper, "the range of \(inner.variable)")
        inner.body = try jammed(inner.body, copies)
        result.append(.loop(inner))
      case .branch(let condition, let then, let otherwise):
        finishRun()
        try checkShared(condition, 0, "a branch")
        result.append(.branch(condition, then: try jammed(then, copies), else: try jammed(otherwise, copies)))
      case .declare, .assign, .store: run.append(statement)
      }
    }
    finishRun()
    return result
  }

  /// What all copies share depends neither on the loop nor on what it declares.
  private func checkShared(_ a: Expr, _ b: Expr, _ what: String) throws(Diagnostic) {
    let own = Set(loop.body.flatMap(\.locals) + [name])
    guard a.variables.union(b.variables).isDisjoint(with: own) else { throw refusal("jam", hint: "\(what) depends on it") }
  }
}

extension Stmt {
  /// Names of the locals that are declared in the statement.
  var locals: [String] {
    if case .declare(let variable, _) = self { return [variable.name] }
    return nested.flatMap(\.locals)
  }

  /// Names of the locals that are assigned in the statement.
  var assigned: [String] {
    if case .assign(let variable, _) = self { return [variable.name] }
    return nested.flatMap(\.assigned)
  }
}
