import LoopIR
import Targets
import Tensors

/// One way to schedule a nest of a kernel: what is chosen for it, and what comes of it.
package struct Candidate: Sendable {
  package var choice: ScheduleChoice
  /// Candidates of one group exclude each other; choices of several groups may be merged.
  package var group: Int
  package var kernel: Kernel
}

/// Statements of a nest below which no schedule gains anything worth having.
private let leastWork = 256

/// Outermost loops of the nests that strategies know.
package func schedulableLoops(_ kernel: Kernel, for target: Target, dims ranges: [String: ClosedRange<Int>] = [:]) -> [String] {
  Scheduler.scheduled(kernel, target, ranges).roots
}

/// Schedules of the nest at the loop `root` that differ from each other and from what the strategies decide; `settled` holds what is
/// chosen for other nests of the kernel. None where the nest has too little to do to be worth measuring.
package func candidates(
  _ kernel: Kernel, at root: String, for target: Target, dims ranges: [String: ClosedRange<Int>] = [:],
  settled: [String: ScheduleChoice] = [:]
) -> [Candidate] {
  let original = Plan(kernel, dims: ranges).original
  let all = original.body.reduce(0) { $0 &+ $1.work }
  guard let work = original.loop(root)?.work, work >= leastWork, work >= all / 20 else { return [] }
  var known: Set<[Stmt]> = [schedule(kernel, for: target, dims: ranges, choices: settled).body]
  var result: [Candidate] = []
  for (group, choices) in ScheduleChoice.variations(target).enumerated() {
    for choice in choices {
      let other = schedule(kernel, for: target, dims: ranges, choices: settled.merging([root: choice]) { $1 })
      if known.insert(other.body).inserted { result.append(Candidate(choice: choice, group: group, kernel: other)) }
    }
  }
  return result
}

/// A name for what a kernel computes and how its loops were written: sixteen hexadecimal digits that do not depend on the kernel's own
/// name, the target or what was chosen.
package func fingerprint(_ kernel: Kernel, dims ranges: [String: ClosedRange<Int>] = [:]) -> String {
  var anonymous = kernel.simplified(dims: ranges)
  anonymous.name = ""
  let aliasing = anonymous.parameters.map { $0.isUnaliased ? "apart" : "aliased" }
  let extents = anonymous.dims.map { name in "\(name) \(ranges[name].map { "\($0)" } ?? "")" }
  let hash = "\(anonymous)\n\(aliasing)\n\(extents)".fnv1a
  let digits = String(hash, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}

extension String {
  /// The 64-bit hash of Fowler, Noll and Vo, in the variant that multiplies last.
  fileprivate var fnv1a: UInt64 { utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 } }
}
