extension Stmt {
  /// The statement without loops that run over a range known to be empty; nothing where that is all it was.
  package var withoutEmptyLoops: [Stmt] {
    switch self {
    case .declare, .assign, .store: return [self]
    case .branch(let condition, let then, let otherwise):
      return [.branch(condition, then: then.flatMap(\.withoutEmptyLoops), else: otherwise.flatMap(\.withoutEmptyLoops))]
    case .loop(var loop):
      if let count = (loop.upper - loop.lower).constantIndex, count <= 0 { return [] }
      loop.body = loop.body.flatMap(\.withoutEmptyLoops)
      return loop.body.isEmpty ? [] : [.loop(loop)]
    }
  }
}
