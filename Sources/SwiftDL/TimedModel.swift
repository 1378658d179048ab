import Containers
import LoopIR
import Tensors
import Validation

/// The compiled C of a model with its harness, which times runs on random inputs with open dimensions at their upper bounds.
struct TimedModel {
  private let program: Executable
  private let arguments: [String]
  private let layerCount: Int

  /// `compilation` has a harness.
  init(_ compilation: Compilation, _ compiler: SystemCompiler) throws(Diagnostic) {
    var sources: SourceSet = [:]
    for file in compilation.files { sources.add(file.name, bytes: file.contents) }
    program = try compiler.executable(sources)
    let dims = compilation.program.openDims.flatMap { ["--dim", "\($0.name)=\($0.range.upperBound)"] }
    let isBound = compilation.options.weights == .bind
    let weights = isBound ? compilation.generated.files.first { $0.name.hasSuffix("_weights.bin") }?.name : nil
    let folder = program.folder.path
    layerCount = compilation.layers.count
    arguments = dims + (weights.map { ["--weights", "\(folder)/\($0)"] } ?? [])
  }

  /// The line of JSON that the harness prints after so many runs.
  func report(runs: Int) throws(Diagnostic) -> JSONValue {
    let outcome = try program.run(arguments + ["--repeat", "\(runs)"], timeout: .seconds(600))
    guard outcome.succeeded, let line = outcome.standardOutput.split(separator: "\n").last else {
      throw Diagnostic("the compiled C ended with \(outcome.ending): \(outcome.standardError)", hint: defectHint)
    }
    return try JSONValue(parsing: String(line))
  }

  /// The runs that fit into so many seconds.
  func runs(fitting seconds: Double, atLeast least: Int) throws(Diagnostic) -> Int {
    let nanoseconds = try report(runs: 1).double("median_ns")
    return min(max(Int(seconds * 1e9 / max(nanoseconds, 1)), least), 10_000)
  }

  /// The least times of one run of each model in seconds.
  static func leastSeconds(of models: [TimedModel]) throws(Diagnostic) -> [Double] {
    try inTurns(models) { (model, runs) throws(Diagnostic) in [try model.report(runs: runs).double("min_ns") * 1e-9] }.map { $0[0] }
  }

  /// For each model, which counts, the time of each layer in one run in nanoseconds: the least of some medians.
  static func layerNanoseconds(of models: [TimedModel]) throws(Diagnostic) -> [[Double]] {
    try inTurns(models) { (model, runs) throws(Diagnostic) in
      try HarnessReport(model.report(runs: runs), model.layerCount).layers.map(\.nanoseconds)
    }
  }

  /// The least of what each model gives for so many runs, in several turns, so that what else the machine does meets all alike.
  private static func inTurns(
    _ models: [TimedModel], _ times: (TimedModel, Int) throws(Diagnostic) -> [Double]
  ) throws(Diagnostic) -> [[Double]] {
    let runs = try models[0].runs(fitting: 0.2, atLeast: 3)
    var least: [[Double]] = try models.map { (model) throws(Diagnostic) in try times(model, runs) }
    for _ in 0..<8 {
      for (position, model) in models.enumerated() { least[position] = zip(least[position], try times(model, runs)).map { min($0, $1) } }
    }
    return least
  }
}
