import Tensors

extension LoopSite {
  /// The loop with its iterations dealt out to threads.
  func parallelised() throws(Diagnostic) -> [Stmt] {
    try checkIndependent(over: [name])
    var result = loop
    result.isParallel = true
    return [.loop(result)]
  }
}
