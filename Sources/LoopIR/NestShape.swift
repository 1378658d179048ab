import Tensors

/// One place where a nest reads or writes memory, as strategies look at it.
package struct AccessPattern: Sendable {
  package let buffer: Buffer
  package let isStore: Bool
  /// Loops of the nest around the place, outermost first.
  package let loops: [String]
  private let form: LinearForm
  private let scope: IndexScope

  /// Neighbours that are touched as one.
  private let group: Int

  fileprivate init(_ buffer: Buffer, _ at: Expr, isStore: Bool, loops: [String], group: Int = 1, _ scope: IndexScope) {
    self.buffer = buffer
    self.group = group
    self.isStore = isStore
    self.loops = loops
    self.scope = scope
    form = scope.form(at)
  }

  /// Elements, or groups of them where those are touched as one, from one iteration of the loop to the next, if that is a number. In a
  /// blocked layout: to the neighbour in a block.
  package func stride(along loop: String) -> Int? { elementStride(along: loop).flatMap { $0.isMultiple(of: group) ? $0 / group : nil } }

  private func elementStride(along loop: String) -> Int? {
    if !form.mentions(loop) { return 0 }
    let step = form.coefficient(of: loop)
    if !form.without(loop).mentions(loop) { return step }
    let (here, next) = (scope.expr(form).substituting([loop: 0]), scope.expr(form).substituting([loop: 1]))
    return (scope.form(next) - scope.form(here)).constantValue
  }
}

/// What strategies ask about a loop and everything in it.
package struct NestShape: Sendable {
  /// The loop, and inside of it those that are all that the one around them holds, as long as their iterations are independent;
  /// outermost first.
  package let band: [Loop]
  package let accesses: [AccessPattern]
  /// Loops of the band whose iterations may run in any order, each by itself.
  package let independent: Set<String>

  /// Statements in the innermost loop of the band.
  package var body: [Stmt] { band[band.count - 1].body }

  /// Accesses in loops inside of the band: what is reduced.
  package var reduced: [AccessPattern] { accesses.filter { $0.loops.count > band.count } }

  package func loop(_ name: String) -> Loop? { band.first { $0.variable == name } }
}

extension Kernel {
  /// The shape of the nest at the loop `root`; `nil` where there is none of that name.
  package func shape(of root: String, dims ranges: [String: ClosedRange<Int>] = [:]) -> NestShape? {
    var shape: NestShape?
    _ = try? editing(root, ranges) { (site) throws(Diagnostic) in
      shape = NestShape(site)
      return [.loop(site.loop)]
    }
    return shape
  }

  /// Loops directly in the loop `name`, not inside of another one; of the kernel itself for `nil`.
  package func loops(in name: String?) -> [String] {
    guard let name else { return body.flatMap(\.directLoops).map(\.variable) }
    return body.flatMap { $0.body(of: name) }.flatMap(\.directLoops).map(\.variable)
  }

  /// The bounds and body of the loop `name`.
  package func loop(_ name: String) -> Loop? { body.lazy.compactMap { $0.loop(name) }.first }

  package var statementCount: Int { body.reduce(0) { $0 + $1.statementCount } }
}

extension NestShape {
  fileprivate init(_ site: LoopSite) {
    var (band, independent, scope) = ([Loop](), Set<String>(), site.scope)
    var upcoming: Loop? = site.loop
    while let loop = upcoming {
      let isFree = (try? LoopSite(loop: loop, scope: scope, parameters: site.parameters).checkIndependent(over: [loop.variable])) != nil
      if !isFree, !band.isEmpty { break }
      if isFree { independent.insert(loop.variable) }
      band.append(loop)
      scope = scope.entering(loop)
      upcoming = isFree ? loop.onlyInner : nil
    }
    self.band = band
    self.independent = independent
    accesses = AccessPattern.all(.loop(site.loop), [], site.scope)
  }
}

extension Loop {
  /// The loop that is all that this one holds.
  fileprivate var onlyInner: Loop? {
    guard body.count == 1, case .loop(let inner) = body[0] else { return nil }
    return inner
  }
}

extension AccessPattern {
  fileprivate static func all(_ statement: Stmt, _ loops: [String], _ scope: IndexScope) -> [AccessPattern] {
    switch statement {
    case .loop(let loop):
      let inner = scope.entering(loop)
      return loop.body.flatMap { all($0, loops + [loop.variable], inner) }
    case .declare(_, let value), .assign(_, let value): return reads(value, loops, scope)
    case .store(let buffer, let at, _, let value):
      return [AccessPattern(buffer, at, isStore: true, loops: loops, scope)] + reads(at, loops, scope) + reads(value, loops, scope)
    case .branch(let condition, let then, let otherwise):
      return reads(condition, loops, scope) + (then + otherwise).flatMap { all($0, loops, scope) }
    }
  }

  private static func reads(_ expr: Expr, _ loops: [String], _ scope: IndexScope) -> [AccessPattern] {
    let inside = expr.children.flatMap { reads($0, loops, scope) }
    guard let (buffer, at, access) = expr.readMemory else { return inside }
    // A window of lookups begins anywhere.
    let group = if case .lookup = expr { 1 } else { access.lanes }
    return [AccessPattern(buffer, at, isStore: false, loops: loops, group: group, scope)] + inside
  }
}

extension Stmt {
  /// Loops that begin in the statement and lie in no other one.
  fileprivate var directLoops: [Loop] {
    if case .loop(let loop) = self { return [loop] }
    return nested.flatMap(\.directLoops)
  }

  fileprivate func loop(_ name: String) -> Loop? {
    if case .loop(let loop) = self, loop.variable == name { return loop }
    return nested.lazy.compactMap { $0.loop(name) }.first
  }

  fileprivate func body(of name: String) -> [Stmt] { loop(name)?.body ?? [] }

  package var statementCount: Int { nested.reduce(1) { $0 + $1.statementCount } }
}
