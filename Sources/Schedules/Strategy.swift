import LoopIR
import Targets
import Tensors

/// What to do with nests of one shape. A strategy looks at a loop and everything in it, and either schedules it or throws: then the
/// next one is asked.
package struct Strategy: Sendable {
  package let name: String
  let schedule: @Sendable (inout Plan, _ root: String, Target) throws(Diagnostic) -> Void

  /// In this order: the first that answers decides.
  package static let all: [Strategy] = [
    .contraction, .window, .gatheredContraction, .dotProducts, .elementwise, .transposition, .reduction,
  ]
}

extension Diagnostic {
  /// The nest is not of the shape that a strategy is for.
  static let anotherShape = Diagnostic("the nest has another shape")
}

/// The kernel as fast on the target as the strategies know, with the same values but for the rounding of sums that are taken in
/// partial ones. `dims` bounds the open dimensions. A nest that no strategy knows stays as it was written. With `threads`, they may
/// share long loops. `choices` holds what was measured, by the outermost loops of nests.
package func schedule(
  _ kernel: Kernel, for target: Target, dims ranges: [String: ClosedRange<Int>] = [:], threads: Bool = false,
  choices: [String: ScheduleChoice] = [:]
) -> Kernel {
  var scheduler = Scheduler.scheduled(kernel, target, ranges, choices)
  scheduler.finish(threads: threads)
  return scheduler.result
}

struct Scheduler {
  private var plan: Plan
  private let target: Target
  private let choices: [String: ScheduleChoice]
  private var notes: [String] = []
  /// Outermost loops of the nests that strategies answered to.
  private(set) var roots: [String] = []

  /// With every nest scheduled.
  static func scheduled(
    _ kernel: Kernel, _ target: Target, _ ranges: [String: ClosedRange<Int>], _ choices: [String: ScheduleChoice] = [:]
  ) -> Scheduler {
    var scheduler = Scheduler(plan: Plan(kernel, dims: ranges), target: target, choices: choices)
    for root in scheduler.plan.kernel.loops(in: nil) { scheduler.visit(root) }
    return scheduler
  }

  private init(plan: Plan, target: Target, choices: [String: ScheduleChoice]) {
    self.plan = plan
    self.target = target
    self.choices = choices
  }

  /// The nest at a loop by the first strategy that answers; if none does, the loops in it one by one.
  private mutating func visit(_ root: String) {
    let kernel = plan.kernel
    plan.otherStatements = kernel.statementCount - (kernel.loop(root).map { Stmt.loop($0).statementCount } ?? 0)
    if let choice = choices[root], !choice.isEmpty {
      let preferred = Strategy.all.filter { $0.name == choice.strategy }
      for strategy in preferred + Strategy.all where answers(strategy, root, choice) { return }
    }
    for strategy in Strategy.all where answers(strategy, root, ScheduleChoice()) { return }
    for inner in plan.kernel.loops(in: root) { visit(inner) }
  }

  private mutating func answers(_ strategy: Strategy, _ root: String, _ choice: ScheduleChoice) -> Bool {
    let (target, start) = (target, plan.directives.count)
    plan.choice = choice
    let isDone = plan.attempt { (trial) throws(Diagnostic) in
      try strategy.schedule(&trial, root, target)
      try trial.checkLength(target)
    }
    guard isDone else { return false }
    roots.append(root)
    notes.append("\(root): \(strategy.name)\(choice.isEmpty ? "" : ", measured")")
    notes += plan.directives[start...].map(\.description).wrapped(at: 116).map { "  " + $0 }
    return true
  }

  /// What is done to whole kernels, after all loops have their shapes.
  mutating func finish(threads: Bool) {
    if !roots.isEmpty { _ = plan.attempt { (trial) throws(Diagnostic) in try trial.apply(.shareLoads) } }
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

extension [String] {
  /// Parts of a list, set apart by semicolons, in lines of up to so many characters where they fit.
  fileprivate func wrapped(at limit: Int) -> [String] {
    var lines: [String] = []
    for part in self {
      if let last = lines.last, last.count + part.count + 2 <= limit {
        lines[lines.count - 1] = "\(last); \(part)"
      } else {
        lines.append(part)
      }
    }
    return lines
  }
}
