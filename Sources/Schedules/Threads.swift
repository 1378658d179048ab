import LoopIR
import Tensors

extension Plan {
  /// Statements below which threads cost more time to wake than they save.
  private static let leastWork = 1 << 15
  /// Iterations that a few threads share evenly enough.
  private static let fairCount = 16

  /// Deals the iterations of outermost loops with independent iterations out to threads, where there is enough to do; whether any
  /// were. A short loop leaves that to a longer one that is all that it holds.
  @discardableResult mutating func shareAmongThreads(_ root: String) -> Bool {
    guard let loop = kernel.loop(root), loop.work >= Self.leastWork else { return false }
    let (count, inner) = (extent(root) ?? .max, kernel.loops(in: root))
    if count < Self.fairCount, inner.count == 1, extent(inner[0]) ?? .max > count, shareAmongThreads(inner[0]) { return true }
    if attempt({ (trial) throws(Diagnostic) in try trial.apply(.parallelise(root)) }) { return true }
    return inner.reduce(false) { shareAmongThreads($1) || $0 }
  }
}
