import Containers
import LoopIR
import Tensors
import Validation

extension Model {
  /// Compiles the model with counters, builds it with a C compiler of this machine and times it.
  public func profile(_ options: ProfileOptions, progress: (Progress) -> Void = { _ in }) throws(CompilerError) -> Profile {
    var compileOptions = options.compile
    compileOptions.harness = true
    compileOptions.profile = true
    let compilation = try Compilation(self, compileOptions, progress: progress)
    return try reporting(file: path) { () throws(Diagnostic) in try compilation.timed(options, progress) }
  }
}

extension Compilation {
  fileprivate func timed(_ options: ProfileOptions, _ progress: (Progress) -> Void) throws(Diagnostic) -> Profile {
    let compiler = SystemCompiler(line: options.compiler, flags: ["-O3"] + options.compile.threads.compilerFlags)
    progress(Progress(activity: "measuring the machine", fraction: nil))
    let machine = try MachineLimits(target: options.compile.target, compiler, peak: options.peak)
    progress(Progress(activity: "compiling the C with \(compiler.text)", fraction: nil))
    let start = ContinuousClock.now
    let program = try TimedModel(self, compiler)
    let compilerSeconds = (ContinuousClock.now - start) / .seconds(1)
    progress(Progress(activity: "timing", fraction: nil))
    let runs = if let runs = options.runs { runs } else { try program.runs(fitting: 2, atLeast: 5) }
    let report = try HarnessReport(program.report(runs: runs), layers.count)
    return Profile(
      compilation: self, layers: zip(layers, report.layers).filter { $1.calls > 0 }.map(timed), runs: report.runs,
      fastestSeconds: report.leastNanoseconds * 1e-9, medianSeconds: report.medianNanoseconds * 1e-9, compiler: compiler.text,
      compilerSeconds: compilerSeconds, machine: machine)
  }

  private func timed(_ layer: Layer, _ counter: HarnessReport.Layer) -> Profile.Layer {
    Profile.Layer(
      name: layer.name, operation: layer.operation, calls: counter.calls, seconds: counter.nanoseconds * 1e-9,
      operations: 2 * layer.macs * counter.calls, bytes: layer.bytes * counter.calls)
  }
}
