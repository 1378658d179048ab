import CSource
import GraphIR
import LoopIR
import Lowering
import Schedules
import Targets
import Tensors
import Validation

/// Finds the best schedules of the kernels of one model.
struct ModelTuner {
  private(set) var tuning: Tuning
  /// Before any schedule was measured.
  let start: Tuning
  private let program: Program
  private let uses: [Int: KernelUse]
  private let target: Target
  private let dims: [String: ClosedRange<Int>]
  private let source: SourceOptions
  private let compiler: SystemCompiler

  /// `layers` are those whose algorithm is settled already.
  init(_ graph: Graph, _ layers: [Tuning.Layer], _ options: CompileOptions, _ compiler: SystemCompiler) throws(Diagnostic) {
    target = try Compilation.scheduledTarget(options)
    var tuning = Tuning(target: target.name, compiler: compiler.text, entries: [])
    tuning.layers = layers
    var options = options
    options.tuning = tuning
    let optimised = try Compilation.optimised(graph, options)
    (self.compiler, self.tuning, start) = (compiler, tuning, tuning)
    dims = try optimised.usableDims()
    program = try Lowering { $0 }.lower(optimised, name: options.name)
    uses = KernelUse.all(of: program)
    source = try Compilation.sourceOptions(options)
  }

  /// Each kernel by itself.
  mutating func measure(_ progress: (Progress) -> Void) throws(Diagnostic) {
    for (done, position) in uses.keys.sorted().enumerated() {
      let kernel = program.kernels[position]
      guard let use = uses[position], tuning.choices(fingerprint(kernel, dims: dims)) == nil else { continue }
      progress(Progress(activity: "\(kernel.name), \(done + 1) of \(uses.count)", fraction: Double(done) / Double(uses.count)))
      let tuner = KernelTuner(
        kernel: kernel, target: target, dims: dims, buffers: use.buffers(of: kernel, in: program), source: source, compiler: compiler)
      tuning.entries += try tuner.entries()
    }
  }

  /// Takes back what does not make its layers faster in the whole model, where other caches and branches are warm. `layers` holds their
  /// times with the cost model's schedules and with the tuned ones.
  mutating func keepFaster(_ layers: [[Double]]) {
    for (position, use) in uses {
      let identity = fingerprint(program.kernels[position], dims: dims)
      let times = layers.map { times in use.layers.reduce(0) { $0 + times[$1] } }
      if times[1] > times[0] * 0.99 { tuning.resetChoices(of: identity) }
    }
  }

  /// What there was to choose from.
  var nests: [TuneReport.Nest] {
    let calls = Dictionary(uses.map { (program.kernels[$0.key].name, $0.value.calls) }) { first, _ in first }
    return tuning.entries.compactMap { entry in
      guard let times = entry.times else { return nil }
      return TuneReport.Nest(
        kernel: entry.name, loop: entry.loop, calls: calls[entry.name] ?? 0, choice: entry.choice.description,
        defaultSeconds: times.defaultNanoseconds * 1e-9, seconds: times.nanoseconds * 1e-9)
    }
  }
}

extension Tuning {
  /// The cost model decides again.
  fileprivate mutating func resetChoices(of kernel: String) {
    for position in entries.indices where entries[position].kernel == kernel {
      entries[position].choice = ScheduleChoice()
      if let times = entries[position].times { entries[position].times?.nanoseconds = times.defaultNanoseconds }
    }
  }
}
