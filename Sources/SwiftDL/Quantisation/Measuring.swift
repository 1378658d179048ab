import GraphIR
import LoopIR
import Passes
import Tensors

extension Model {
  /// Compares the model as it is with what integers, narrow weights or pruning make of it: what it takes and, where there are rows of data,
  /// what it gives.
  public func measure(
    _ options: CompileOptions, _ report: ReportOptions = ReportOptions(), progress: (Progress) -> Void = { _ in }
  ) throws(CompilerError) -> CompressionReport {
    let rows: ReportRows
    do throws(Diagnostics) { rows = try ReportRows(report, options.calibration, for: source) } catch { throw CompilerError(error.all) }
    var result = try reporting(file: path) { () throws(Diagnostic) in try measure(options, rows, progress) }
    if report.isTimed { result.seconds = (try fastestRun(options.uncompressed, progress), try fastestRun(options, progress)) }
    return result
  }

  private func fastestRun(_ options: CompileOptions, _ progress: (Progress) -> Void) throws(CompilerError) -> Double {
    var profiling = ProfileOptions(options)
    // What the machine could do at most is not asked for.
    profiling.peak = 1
    return try profile(profiling, progress: progress).fastestSeconds
  }

  private func measure(
    _ options: CompileOptions, _ rows: ReportRows, _ progress: (Progress) -> Void
  ) throws(Diagnostic) -> CompressionReport {
    let graphs = try ComparedGraphs(source.graph, options)
    var comparison = Comparison(graphs.reference, graphs.result, options.calibration?.plan)
    try compare(graphs, rows.runs, into: &comparison, progress)
    let stages = (try Compilation.stages(source.graph, options.uncompressed), try Compilation.stages(source.graph, options))
    return CompressionReport(
      layers: comparison.layers(graphs.whole, graphs.result, compiled: stages.1.0), outputs: comparison.outputs(graphs.result),
      rows: rows.runs.count, rowsWereCalibratedOn: rows.wereCalibratedOn,
      accuracy: rows.classes.map { comparison.accuracy($0) },
      floatWeightsBytes: stages.0.1.constantBytes, weightsBytes: stages.1.1.constantBytes, floatArenaBytes: stages.0.1.arenaBytes,
      arenaBytes: stages.1.1.arenaBytes)
  }

  private func compare(
    _ graphs: ComparedGraphs, _ runs: [[Tensor]], into comparison: inout Comparison, _ progress: (Progress) -> Void
  ) throws(Diagnostic) {
    if runs.isEmpty { return }
    progress(Progress(activity: "compiling for comparison", fraction: nil))
    let work = graphs.whole.products * Double(runs.count)
    let (reference, result) = (try TracedProgram(graphs.reference, work: work), try TracedProgram(graphs.result, work: work))
    let whole = graphs.isReferenceWhole ? nil : try TracedProgram(graphs.whole, work: work)
    for (position, inputs) in runs.enumerated() {
      progress(Progress(activity: "comparing", fraction: Double(position) / Double(runs.count)))
      var reals: [String: Tensor] = [:]
      let outputs = try reference.run(inputs, graphs.reference) { reals[$0] = $1 }
      let expected = try whole?.outputs(inputs, graphs.whole) ?? outputs
      comparison.add(outputs: expected, try result.run(inputs, graphs.result) { comparison.add($0, $1, reals) })
    }
  }
}

/// A model before and after what makes it smaller.
private struct ComparedGraphs {
  /// As it is.
  private(set) var whole: Graph
  /// What the values of single layers are compared with: where these are integers, pruned and equalised as calibration has seen it.
  private(set) var reference: Graph
  private(set) var result: Graph
  /// The reference gives what the whole model gives.
  let isReferenceWhole: Bool

  init(_ source: Graph, _ options: CompileOptions) throws(Diagnostic) {
    (whole, result) = (source, source)
    try Pipeline.onFloats().run(on: &whole)
    reference = whole
    isReferenceWhole = options.calibration == nil || options.pruning.rules.isEmpty
    if let plan = options.calibration?.plan {
      reference = source
      try Pipeline.beforeQuantisation(options.pruning.rules, equalises: plan.equalises).run(on: &reference)
    }
    var plain = options
    // Layouts and algorithms are none of it.
    plain.schedule = .none
    try Pipeline.standard(try Compilation.pipelineOptions(plain)).run(on: &result)
  }
}

extension CompileOptions {
  /// For the model as it is.
  fileprivate var uncompressed: CompileOptions {
    var copy = self
    (copy.calibration, copy.storedWeights, copy.pruning, copy.precision) = (nil, .asInModel, .none, .float32)
    return copy
  }
}

extension Program {
  fileprivate var constantBytes: Int { constants.reduce(0) { $0 + $1.data.bytes.count } }
}
