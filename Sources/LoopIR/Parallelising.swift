import Tensors

extension LoopSite {
  /// The loop with its iterations dealt out to threads.
  func parallelised() throws(Diagnostic) -> [Stmt] {
    if loop.scratch == nil { try checkIndependent(over: [name]) }
    var result = loop
    result.isParallel = true
    return [.loop(result)]
  }
}

extension Loop {
  /// As many threads as have scratch of their own where they need it: more would cost memory that few machines pay back.
  private static let mostCopies = 8

  /// How many threads may share the loop at most; `nil` where as many as there are.
  package var mostThreads: Int? {
    guard isParallel, scratch?.isEmpty == false else { return nil }
    return Swift.min((upper - lower).constantIndex ?? Self.mostCopies, Self.mostCopies)
  }
}

extension Kernel {
  /// Of how many threads each has a buffer of its own.
  package func copies(of buffer: String) -> Int { body.map { $0.copies(of: buffer) }.max() ?? 1 }
}

extension Stmt {
  fileprivate func copies(of buffer: String) -> Int {
    if case .loop(let loop) = self, let most = loop.mostThreads, loop.scratch?.contains(buffer) == true { return most }
    return nested.map { $0.copies(of: buffer) }.max() ?? 1
  }
}
