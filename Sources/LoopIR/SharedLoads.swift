import Tensors

extension Kernel {
  /// Elements of buffers that the kernel only reads, and that a run of statements reads more than once, become locals just before their
  /// first use.
  func sharingLoads() -> Kernel {
    var sharing = LoadSharing(self)
    var result = self
    result.body = sharing.shared(body)
    return result
  }
}

private struct LoadSharing {
  private let readOnly: Set<String>
  /// Locals that are given another value somewhere: loads at places that depend on them stay where they are.
  private let assigned: Set<String>
  private var counts: [String: Int] = [:]

  init(_ kernel: Kernel) {
    readOnly = Set(kernel.parameters.filter { !$0.isWritten && $0.isUnaliased }.map(\.buffer.name))
    assigned = Set(kernel.body.flatMap(\.assigned))
  }

  mutating func shared(_ body: [Stmt]) -> [Stmt] {
    var uses: [Expr: Int] = [:]
    for load in body.flatMap(\.ownExpressions).flatMap(loads) { uses[load, default: 0] += 1 }
    var locals: [Expr: Expr] = [:]
    var result: [Stmt] = []
    for statement in body {
      guard !statement.ownExpressions.isEmpty else {
        result.append(nested(statement))
        continue
      }
      for load in statement.ownExpressions.flatMap(loads) where uses[load, default: 0] > 1 && locals[load] == nil {
        let variable = Variable(freshName(load), load.type)
        result.append(.declare(variable, load))
        locals[load] = .variable(variable)
      }
      result.append(statement.mapExpressions { replaced($0, locals) })
    }
    return result
  }

  private mutating func nested(_ statement: Stmt) -> Stmt {
    switch statement {
    case .loop(var loop):
      loop.body = shared(loop.body)
      return .loop(loop)
    case .branch(let condition, let then, let otherwise): return .branch(condition, then: shared(then), else: shared(otherwise))
    case .declare, .assign, .store: return statement
    }
  }

  private mutating func freshName(_ load: Expr) -> String {
    guard case .load(let buffer, _, _) = load else { return "r" }
    counts[buffer.name, default: -1] += 1
    return "\(buffer.name)_r\(counts[buffer.name, default: 0])"
  }

  /// Loads that may be shared, inner ones not looked into.
  private func loads(_ expr: Expr) -> [Expr] {
    if case .load(let buffer, let at, _) = expr, readOnly.contains(buffer.name), at.variables.isDisjoint(with: assigned) { return [expr] }
    // Numbers are looked up as they lie in memory: there are no locals with vectors of them.
    if case .lookup(_, let at, .load, _, _) = expr { return loads(at) }
    return expr.children.flatMap(loads)
  }

  private func replaced(_ expr: Expr, _ locals: [Expr: Expr]) -> Expr {
    if case .load = expr, let local = locals[expr] { return local }
    return expr.mapChildren { replaced($0, locals) }
  }
}

extension Stmt {
  /// Expressions of the statement itself, where it is no loop and no branch.
  fileprivate var ownExpressions: [Expr] {
    switch self {
    case .declare(_, let value), .assign(_, let value): [value]
    case .store(_, let at, _, let value): [at, value]
    case .loop, .branch: []
    }
  }
}
