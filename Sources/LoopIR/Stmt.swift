import Tensors

/// A statement of a kernel.
package indirect enum Stmt: Hashable, Sendable {
  case loop(Loop)
  /// A new local with its first value. Its name is unique in the kernel.
  case declare(Variable, Expr)
  case assign(Variable, Expr)
  /// Writes the lanes of the value `stride` elements apart.
  case store(Buffer, at: Expr, stride: Int, Expr)
  case branch(Expr, then: [Stmt], else: [Stmt])
}

/// `variable` runs from `lower` up to but not including `upper`, one at a time; not at all where `upper <= lower`.
package struct Loop: Hashable, Sendable {
  package var variable: String
  package var lower: Expr
  package var upper: Expr
  package var body: [Stmt]
  /// The word of who wrote the nest that no iteration needs another one: none touches what another one writes, but in these buffers,
  /// of which each reads only what it has itself written before. `nil` where nothing is said.
  package var scratch: [String]?
  /// Threads may share the iterations. Each has `scratch` of its own.
  package var isParallel = false

  package init(_ variable: String, from lower: Expr = 0, to upper: Expr, body: [Stmt]) {
    self.variable = variable
    self.lower = lower
    self.upper = upper
    self.body = body
  }
}

extension Stmt {
  /// The same statement with `transform` applied to every expression in it, bounds and indices included.
  package func mapExpressions(_ transform: (Expr) -> Expr) -> Stmt {
    switch self {
    case .loop(var loop):
      loop.lower = transform(loop.lower)
      loop.upper = transform(loop.upper)
      loop.body = loop.body.map { $0.mapExpressions(transform) }
      return .loop(loop)
    case .declare(let variable, let value): return .declare(variable, transform(value))
    case .assign(let variable, let value): return .assign(variable, transform(value))
    case .store(let buffer, let at, let stride, let value):
      return .store(buffer, at: transform(at), stride: stride, transform(value))
    case .branch(let condition, let then, let otherwise):
      return .branch(
        transform(condition), then: then.map { $0.mapExpressions(transform) }, else: otherwise.map { $0.mapExpressions(transform) })
    }
  }

  /// Statements directly inside.
  package var nested: [Stmt] {
    switch self {
    case .loop(let loop): loop.body
    case .branch(_, let then, let otherwise): then + otherwise
    case .declare, .assign, .store: []
    }
  }
}
