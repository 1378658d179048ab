import Tensors

/// A loop in its place: what a directive looks at and replaces.
struct LoopSite {
  let loop: Loop
  /// What is known outside of the loop.
  let scope: IndexScope
  let parameters: [Parameter]

  var name: String { loop.variable }

  /// Iterations, where they are known when we compile.
  var extent: Int? { (scope.form(loop.upper) - scope.form(loop.lower)).constantValue.map { Swift.max($0, 0) } }

  func refusal(_ what: String, hint: String? = nil) -> Diagnostic { Diagnostic("cannot \(what) loop \(name)", hint: hint) }

  func constantExtent(to what: String) throws(Diagnostic) -> Int {
    guard let extent else {
      throw refusal(what, hint: "it runs from \(loop.lower) to \(loop.upper), which is not a number of iterations: split it first")
    }
    return extent
  }
}

extension Kernel {
  /// The kernel with what `edit` makes of the loop in its place.
  func editing(
    _ name: String, _ ranges: [String: ClosedRange<Int>], _ edit: (LoopSite) throws(Diagnostic) -> [Stmt]
  ) throws(Diagnostic) -> Kernel {
    var result = self
    let scope = IndexScope(dims: dims, ranges: ranges)
    guard let edited = try replacing(name, in: body, scope, edit) else {
      throw Diagnostic("there is no loop \(name)", hint: "the loops are \(loopNames.joined(separator: ", "))")
    }
    result.body = edited
    return result
  }

  private func replacing(
    _ name: String, in body: [Stmt], _ scope: IndexScope, _ edit: (LoopSite) throws(Diagnostic) -> [Stmt]
  ) throws(Diagnostic) -> [Stmt]? {
    for (position, statement) in body.enumerated() {
      if let replacement = try replacing(name, in: statement, scope, edit) {
        return Array(body[..<position]) + replacement + Array(body[(position + 1)...])
      }
    }
    return nil
  }

  private func replacing(
    _ name: String, in statement: Stmt, _ scope: IndexScope, _ edit: (LoopSite) throws(Diagnostic) -> [Stmt]
  ) throws(Diagnostic) -> [Stmt]? {
    switch statement {
    case .loop(var loop):
      if loop.variable == name { return try edit(LoopSite(loop: loop, scope: scope, parameters: parameters)) }
      guard let inner = try replacing(name, in: loop.body, scope.entering(loop), edit) else { return nil }
      loop.body = inner
      return [.loop(loop)]
    case .branch(let condition, let then, let otherwise):
      if let edited = try replacing(name, in: then, scope, edit) { return [.branch(condition, then: edited, else: otherwise)] }
      return try replacing(name, in: otherwise, scope, edit).map { [.branch(condition, then: then, else: $0)] }
    case .declare, .assign, .store: return nil
    }
  }
}

extension Kernel {
  /// All loops, outer ones before those inside.
  package var loopNames: [String] { body.flatMap(\.loopNames) }

  /// Throws if a loop or local has the name of another one: directives rename copies by suffixes.
  package func checkNames() throws(Diagnostic) {
    var seen = Set(dims + parameters.map(\.buffer.name))
    for name in body.flatMap(\.ownNames) where !seen.insert(name).inserted {
      throw Diagnostic("two loops or locals of the kernel \(self.name) are named \(name)", hint: "rename one of them")
    }
  }
}

extension Stmt {
  var loopNames: [String] {
    guard case .loop(let loop) = self else { return nested.flatMap(\.loopNames) }
    return [loop.variable] + loop.body.flatMap(\.loopNames)
  }

  /// Names of the loops and locals that begin in the statement.
  var ownNames: [String] {
    switch self {
    case .loop(let loop): [loop.variable] + loop.body.flatMap(\.ownNames)
    case .declare(let variable, _): [variable.name]
    case .assign, .store: []
    case .branch: nested.flatMap(\.ownNames)
    }
  }
}

extension [Stmt] {
  /// A copy in which every loop and local that begins here has another name.
  package func renamed(_ suffix: String) -> [Stmt] {
    let names = flatMap(\.ownNames)
    return names.isEmpty ? self : map { $0.renaming(Dictionary(names.map { ($0, $0 + suffix) }) { first, _ in first }) }
  }
}

extension Stmt {
  /// The statement with loops and locals renamed where they begin and where they are used.
  func renaming(_ names: [String: String]) -> Stmt {
    func variable(_ old: Variable) -> Variable { Variable(names[old.name] ?? old.name, old.type) }
    switch self {
    case .loop(let loop):
      var renamed = Loop(
        names[loop.variable] ?? loop.variable, from: loop.lower.renaming(names), to: loop.upper.renaming(names),
        body: loop.body.map { $0.renaming(names) })
      renamed.scratch = loop.scratch
      return .loop(renamed)
    case .declare(let old, let value): return .declare(variable(old), value.renaming(names))
    case .assign(let old, let value): return .assign(variable(old), value.renaming(names))
    case .store(let buffer, let at, let stride, let value):
      return .store(buffer, at: at.renaming(names), stride: stride, value.renaming(names))
    case .branch(let condition, let then, let otherwise):
      return .branch(condition.renaming(names), then: then.map { $0.renaming(names) }, else: otherwise.map { $0.renaming(names) })
    }
  }
}

extension Expr {
  func renaming(_ names: [String: String]) -> Expr {
    if case .variable(let variable) = self { return names[variable.name].map { .variable(Variable($0, variable.type)) } ?? self }
    return mapChildren { $0.renaming(names) }
  }
}
