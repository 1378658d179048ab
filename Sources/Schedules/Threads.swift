import LoopIR
import Tensors

extension Plan {
  /// Iterations that a few threads share evenly enough.
  private static let fairCount = 16

  /// Deals the iterations of loops with independent iterations out to threads, where there is enough to do; whether any were. As far
  /// out as possible, but for loops whose iterations cannot be dealt evenly, and short ones that hold nothing but a longer one.
  @discardableResult mutating func shareAmongThreads(_ root: String) -> Bool {
    guard let loop = kernel.loop(root), loop.effort > 2 * Stmt.workToWake else { return false }
    let (count, inner) = (extent(root) ?? .max, kernel.loops(in: root))
    let isOuterHalf = loop.scratch == nil && count < Self.fairCount && inner.count == 1 && extent(inner[0]) ?? .max > count
    if isOuterHalf, shareAmongThreads(inner[0]) { return true }
    var outside = self
    let isShared = outside.attempt { (trial) throws(Diagnostic) in try trial.apply(.parallelise(root)) }
    if isShared, count.isMultiple(of: 2) || count >= Self.fairCount {
      self = outside
      return true
    }
    var inside = self
    let isSharedInside = inner.reduce(false) { inside.shareAmongThreads($1) || $0 }
    guard isShared || isSharedInside else { return false }
    self = isShared && outside.span(root) <= inside.span(root) ? outside : inside
    return true
  }

  private func span(_ root: String) -> Int { kernel.loop(root).map { Stmt.loop($0).span } ?? 0 }
}

extension Stmt {
  /// Statements that run in the time in which threads are woken and waited for.
  fileprivate static let workToWake = 1 << 13

  /// Statements that run, roughly: a store, and the loads that go with it, waits for memory.
  fileprivate var effort: Int {
    switch self {
    case .loop(let loop): loop.effort
    case .store: 8
    case .declare, .assign, .branch: nested.reduce(1) { $0 &+ $1.effort }
    }
  }

  /// Statements that run one after the other where two threads share what is parallel.
  fileprivate var span: Int {
    guard case .loop(let loop) = self else { return nested.isEmpty ? effort : nested.reduce(1) { $0 &+ $1.span } }
    if loop.isParallel { return Self.workToWake &+ loop.iterations.ceilingDivision(by: 2) &* loop.bodyEffort }
    return loop.iterations &* loop.body.reduce(0) { $0 &+ $1.span }
  }
}

extension Loop {
  /// Bounds that are not known count as a few iterations.
  fileprivate var iterations: Int { (upper - lower).constantIndex ?? 8 }
  fileprivate var bodyEffort: Int { body.reduce(0) { $0 &+ $1.effort } }
  fileprivate var effort: Int { iterations.multipliedReportingOverflow(by: bodyEffort).partialValue }
}
