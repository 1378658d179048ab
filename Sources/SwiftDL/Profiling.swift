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
    let program = try compiler.executable(SourceSet(files))
    let compilerSeconds = (ContinuousClock.now - start) / .seconds(1)
    progress(Progress(activity: "timing", fraction: nil))
    let first = try HarnessReport(program, harnessArguments(program, runs: 1), layers.count)
    let fitting = Int(2e9 / max(first.medianNanoseconds, 1))
    let report = try HarnessReport(program, harnessArguments(program, runs: options.runs ?? min(max(fitting, 5), 10_000)), layers.count)
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

  /// Open dimensions at their upper bounds, as the operations are counted.
  private func harnessArguments(_ program: Executable, runs: Int) -> [String] {
    let dims = self.program.openDims.flatMap { ["--dim", "\($0.name)=\($0.range.upperBound)"] }
    let weights = generated.files.first { $0.name.hasSuffix("_weights.bin") }?.name
    let isBound = options.weights == .bind
    return dims + ["--repeat", "\(runs)"] + (isBound ? weights.map { ["--weights", "\(program.folder.path)/\($0)"] } ?? [] : [])
  }
}

extension SourceSet {
  fileprivate init(_ files: [Compilation.File]) {
    self = [:]
    for file in files { add(file.name, bytes: file.contents) }
  }
}

/// The line that a harness with counters prints.
private struct HarnessReport {
  struct Layer {
    let calls: Int
    let nanoseconds: Double
  }

  let runs: Int
  let leastNanoseconds: Double
  let medianNanoseconds: Double
  /// In the order of the program's layers.
  let layers: [Layer]

  init(_ program: Executable, _ arguments: [String], _ count: Int) throws(Diagnostic) {
    let outcome = try program.run(arguments, timeout: .seconds(600))
    guard outcome.succeeded, let line = outcome.standardOutput.split(separator: "\n").last else {
      throw Diagnostic("the compiled C ended with \(outcome.ending): \(outcome.standardError)", hint: defectHint)
    }
    let report = try JSONValue(parsing: String(line))
    runs = try report.int("runs")
    leastNanoseconds = try report.double("min_ns")
    medianNanoseconds = try report.double("median_ns")
    layers = try report.array("layers").map { (layer) throws(Diagnostic) in
      Layer(calls: try layer.int("calls"), nanoseconds: try layer.double("ns"))
    }
    guard layers.count == count else { throw Diagnostic("the compiled C has \(layers.count) layers, not \(count)", hint: defectHint) }
  }
}
