import CSource
import LoopIR
import Lowering
import Schedules
import Targets
import Tensors
import Validation

/// How schedules are to be measured.
public struct TuneOptions: Sendable {
  /// What is compiled.
  public var compile: CompileOptions
  /// The C compiler and its flags, as in a shell without quotes; by default what CC says, or `cc`, with `-O3`.
  public var compiler: String?

  public init(_ compile: CompileOptions) { self.compile = compile }
}

/// What measuring found.
public struct TuneReport: Sendable {
  /// One loop nest for which there was something to choose.
  public struct Nest: Sendable {
    /// The kernel's function in the C, and the outermost loop.
    public let kernel: String
    public let loop: String
    /// How often it runs in one run of the model.
    public let calls: Int
    /// What was chosen in place of the cost model's schedule; empty where that stays.
    public let choice: String
    /// Of one call.
    public let defaultSeconds: Double
    public let seconds: Double
  }

  public let tuning: Tuning
  public let nests: [Nest]
  public var target: String { tuning.target }
  public var compiler: String { tuning.compiler }
}

extension Model {
  /// Times schedules of each kernel of the model on this machine, with open dimensions at their upper bounds.
  public func tune(_ options: TuneOptions, progress: (Progress) -> Void = { _ in }) throws(CompilerError) -> TuneReport {
    try reporting(file: path) { () throws(Diagnostic) in try measured(options, progress) }
  }

  private func measured(_ options: TuneOptions, _ progress: (Progress) -> Void) throws(Diagnostic) -> TuneReport {
    guard options.compile.schedule == .automatic else {
      throw Diagnostic("there is nothing to measure without schedules", hint: "leave out --schedule none")
    }
    let target = try Compilation.scheduledTarget(options.compile)
    let graph = try Compilation.optimised(source.graph, options.compile, progress: { _ in })
    let program = try Lowering { $0 }.lower(graph, name: options.compile.name)
    let compiler = SystemCompiler(line: options.compiler, flags: ["-O3"])
    let sourceOptions = try Compilation.sourceOptions(options.compile)
    let (dims, uses) = (try graph.usableDims(), KernelUse.all(of: program))
    var tuning = Tuning(target: target.name, compiler: compiler.text, entries: [])
    var nests: [TuneReport.Nest] = []
    for (done, position) in uses.keys.sorted().enumerated() {
      let kernel = program.kernels[position]
      guard let use = uses[position], tuning.choices(fingerprint(kernel, dims: dims)) == nil else { continue }
      progress(Progress(activity: "\(kernel.name), \(done + 1) of \(uses.count)", fraction: Double(done) / Double(uses.count)))
      let tuner = KernelTuner(
        kernel: kernel, target: target, dims: dims, buffers: use.buffers(of: kernel, in: program), source: sourceOptions, compiler: compiler
      )
      let entries = try tuner.entries()
      nests += entries.compactMap { TuneReport.Nest($0, calls: use.calls) }
      tuning.entries += entries
    }
    return TuneReport(tuning: tuning, nests: nests)
  }
}

extension TuneReport.Nest {
  fileprivate init?(_ entry: Tuning.Entry, calls: Int) {
    guard let times = entry.times else { return nil }
    self.init(
      kernel: entry.name, loop: entry.loop, calls: calls, choice: entry.choice.description, defaultSeconds: times.defaultNanoseconds * 1e-9,
      seconds: times.nanoseconds * 1e-9)
  }
}
