import LoopIR
import Targets
import Tensors

/// What to do with nests of one shape. A strategy looks at a loop and everything in it, and either schedules it or throws: then the
/// next one is asked.
package struct Strategy: Sendable {
  package let name: String
  let schedule: @Sendable (inout Plan, _ root: String, Target) throws(Diagnostic) -> Void

  /// In this order: the first that answers decides.
  package static let all: [Strategy] = [.contraction, .window, .gatheredContraction, .dotProducts, .elementwise, .reduction]
}

extension Diagnostic {
  /// The nest is not of the shape that a strategy is for.
  static let anotherShape = Diagnostic("the nest has another shape")
}

/// The kernel as fast on the target as the strategies know, with the same values but for the rounding of sums that are taken in
/// partial ones. `dims` bounds the open dimensions. A nest that no strategy knows stays as it was written. With `threads`, they may
/// share long loops.
package func schedule(
  _ kernel: Kernel, for target: Target, dims ranges: [String: ClosedRange<Int>] = [:], threads: Bool = false
) -> Kernel {
  var scheduler = Scheduler(plan: Plan(kernel, dims: ranges), target: target)
  for root in scheduler.plan.kernel.loops(in: nil) { scheduler.visit(root) }
  scheduler.finish(threads: threads)
  return scheduler.result
}

private struct Scheduler {
  var plan: Plan
  let target: Target
  private var notes: [String] = []

  init(plan: Plan, target: Target) {
    self.plan = plan
    self.target = target
  }

  /// The nest at a loop by the first strategy that answers; if none does, the loops in it one by one.
  mutating func visit(_ root: String) {
    for strategy in Strategy.all where answers(strategy, root) { return }
    for inner in plan.kernel.loops(in: root) { visit(inner) }
  }

  private mutating func answers(_ strategy: Strategy, _ root: String) -> Bool {
    let target = target
    let isDone = plan.attempt { (trial) throws(Diagnostic) in
      try strategy.schedule(&trial, root, target)
      try trial.checkLength(target)
    }
    if isDone { notes.append("\(root): \(strategy.name)") }
    return isDone
  }

  /// What is done to whole kernels, after all loops have their shapes.
  mutating func finish(threads: Bool) {
    if !notes.isEmpty { _ = plan.attempt { (trial) throws(Diagnostic) in try trial.apply(.shareLoads) } }
    guard threads else { return }
    for root in plan.kernel.loops(in: nil) { plan.shareAmongThreads(root) }
  }

  /// The kernel with what was done; only simplified where names would clash.
  var result: Kernel {
    guard (try? plan.kernel.checkNames()) != nil else { return plan.original }
    var kernel = plan.kernel
    kernel.notes += notes
    return kernel
  }
}
