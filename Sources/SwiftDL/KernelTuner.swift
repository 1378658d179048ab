import CSource
import LoopIR
import Schedules
import Targets
import Tensors
import Validation

/// Finds the best schedules of one kernel by measurement.
struct KernelTuner {
  let kernel: Kernel
  let target: Target
  let dims: [String: ClosedRange<Int>]
  /// What the kernel is called with.
  let buffers: [TimingPrinter.Buffer]
  let source: SourceOptions
  let compiler: SystemCompiler

  /// Times of one and the same kernel differ by less than this share.
  private static let noise = 0.03

  /// What is found for each nest, one after the other.
  func entries() throws(Diagnostic) -> [Tuning.Entry] {
    let identity = fingerprint(kernel, dims: dims)
    var settled: [String: ScheduleChoice] = [:]
    var entries: [Tuning.Entry] = []
    for root in schedulableLoops(kernel, for: target, dims: dims) {
      let (choice, times) = try best(root, settled)
      if !choice.isEmpty { settled[root] = choice }
      entries.append(Tuning.Entry(kernel: identity, loop: root, name: kernel.name, choice: choice, times: times))
    }
    return entries
  }

  /// The best choice for the nest at a loop: the one that wins a second time, or none.
  private func best(_ root: String, _ settled: [String: ScheduleChoice]) throws(Diagnostic) -> (ScheduleChoice, Tuning.Times?) {
    let candidates = candidates(kernel, at: root, for: target, dims: dims, settled: settled)
    if candidates.isEmpty { return (ScheduleChoice(), nil) }
    let start = schedule(kernel, for: target, dims: dims, choices: settled)
    let first = try timing([start] + candidates.map(\.kernel)).times()
    let finalists = finalists(candidates, first)
    if finalists.isEmpty {
      return (ScheduleChoice(), Tuning.Times(defaultNanoseconds: first[0], nanoseconds: first[0]))
    }
    let kernels = finalists.map { schedule(kernel, for: target, dims: dims, choices: settled.merging([root: $0]) { $1 }) }
    let second = try timing([start] + kernels).times()
    let winner = second.indices.dropFirst().min { second[$0] < second[$1] } ?? 0
    let isBetter = winner > 0 && second[winner] <= second[0] * (1 - Self.noise)
    return (
      isBetter ? finalists[winner - 1] : ScheduleChoice(),
      Tuning.Times(defaultNanoseconds: second[0], nanoseconds: isBetter ? second[winner] : second[0])
    )
  }

  /// The two fastest, the best of each group, and those merged; none where nothing is faster. `times` begins with the default's.
  private func finalists(_ candidates: [Candidate], _ times: [Double]) -> [ScheduleChoice] {
    let faster = zip(candidates, times.dropFirst()).filter { $0.1 < times[0] * (1 - Self.noise / 2) }.sorted { $0.1 < $1.1 }.map(\.0)
    var winners: [Candidate] = []
    for candidate in faster where !winners.contains(where: { $0.group == candidate.group }) { winners.append(candidate) }
    let merged = winners.reduce(ScheduleChoice()) { $0.merged(with: $1.choice) }
    var choices: [ScheduleChoice] = []
    for choice in faster.prefix(2).map(\.choice) + winners.map(\.choice) + [merged] where !choice.isEmpty && !choices.contains(choice) {
      choices.append(choice)
    }
    return choices
  }

  private func timing(_ kernels: [Kernel]) throws(Diagnostic) -> KernelTiming {
    let printer = TimingPrinter(kernels, buffers, dims: dims.mapValues(\.upperBound))
    return try KernelTiming(printer, source, compiler)
  }
}
