import GraphIR
import Passes
import Tensors

/// What calibration has found out about a model: `CompileOptions.calibration` makes integers of its layers.
public struct Calibration: Sendable {
  package internal(set) var plan: QuantisationPlan
  /// Runs that were looked at.
  public let rows: Int
  /// What should be known about the result.
  public internal(set) var warnings: [Problem]
  /// Runs that calibration has not seen.
  let unseen: [[Tensor]]
  let seen: [[Tensor]]
  /// What the model gave in float on what calibration has seen.
  let outputs: [[Tensor]]
  let others: [(name: String?, tensor: Tensor)]
  /// What had been taken out of the model before.
  var pruning = Pruning.none
}

extension Calibration {
  /// What calibration has seen, and then the rest.
  var data: CalibrationData { CalibrationData(runs: seen + unseen, origin: "calibration", others: others) }
}

extension Model {
  /// Runs the model on data and chooses how its values become integers.
  public func calibrate(_ options: CalibrationOptions, progress: (Progress) -> Void = { _ in }) throws(CompilerError) -> Calibration {
    let data: CalibrationData
    do throws(Diagnostics) { data = try CalibrationData(options.source, for: source, rows: options.rows) } catch {
      throw CompilerError(error.all)
    }
    return try reporting(file: path) { () throws(Diagnostic) in try calibrate(data, options, progress) }
  }

  private func calibrate(
    _ data: CalibrationData, _ options: CalibrationOptions, _ progress: (Progress) -> Void
  ) throws(Diagnostic) -> Calibration {
    guard options.equalisation == .best else {
      return try calibrate(data, options, equalises: options.equalisation == .always, progress)
    }
    let plain = try calibrate(data, options, equalises: false, progress)
    guard try equalisationMatters(options) else { return plain }
    let equalised = try calibrate(data, options, equalises: true, progress)
    progress(Progress(activity: "comparing", fraction: nil))
    let gain = try signalToNoise(equalised) - signalToNoise(plain)
    // Bounds of channels cost time: for hardly anything nobody pays.
    return gain > 0.5 ? equalised : plain
  }

  private func equalisationMatters(_ options: CalibrationOptions) throws(Diagnostic) -> Bool {
    var (plain, equalised) = (source.graph, source.graph)
    try Pipeline.beforeQuantisation(options.pruning.rules).run(on: &plain)
    try Pipeline.beforeQuantisation(options.pruning.rules, equalises: true).run(on: &equalised)
    return plain != equalised
  }

  private func signalToNoise(_ calibration: Calibration) throws(Diagnostic) -> Double {
    try Refinement(source.graph, calibration, AccuracyTarget(), nil).decibels()
  }

  private func calibrate(
    _ data: CalibrationData, _ options: CalibrationOptions, equalises: Bool, _ progress: (Progress) -> Void
  ) throws(Diagnostic) -> Calibration {
    var graph = source.graph
    try Pipeline.beforeQuantisation(options.pruning.rules, equalises: equalises).run(on: &graph)
    graph.showCells()
    let seen = Array(data.runs.prefix(options.rows))
    progress(Progress(activity: "compiling for calibration", fraction: nil))
    let program = try TracedProgram(graph, work: graph.products * Double(seen.count))
    var samples = Samples(graph, runs: seen.count)
    var outputs: [[Tensor]] = []
    for (position, inputs) in seen.enumerated() {
      progress(Progress(activity: "calibrating", fraction: Double(position) / Double(seen.count)))
      for (id, tensor) in zip(graph.inputs, inputs) { samples.add(graph[id].name, tensor) }
      outputs.append(try program.run(inputs, graph) { samples.add($0, $1) })
    }
    progress(Progress(activity: "choosing ranges", fraction: nil))
    var plan = QuantisationPlan(graph, samples.byValue, by: options.method.rangeMethod, isShort: options.values == .int16)
    plan.means = samples.means
    plan.equalises = equalises
    plan.peaks = samples.peaks.mapValues(\.values)
    plan.moments = samples.moments.mapValues(\.values)
    return Calibration(
      plan: plan, rows: seen.count,
      warnings: (try warnings(options, seen.count) + samples.warnings).map(Problem.init), unseen: Array(data.runs.dropFirst(seen.count)),
      seen: seen, outputs: outputs, others: data.others, pruning: options.pruning)
  }

  private func warnings(_ options: CalibrationOptions, _ rows: Int) throws(Diagnostic) -> [Diagnostic] {
    if case .random = options.source {
      return [
        .warning(
          "the ranges come from random numbers: accuracy on real data may be anything", hint: "give real data with --calibrate FILE",
          place: Place(file: path))
      ]
    }
    return rows < 8
      ? [.warning("calibration has seen \(rows) \(rows == 1 ? "run" : "runs")", hint: "give more, a hundred if possible")] : []
  }
}

/// Samples of the values that calibration looks at, by name.
private struct Samples {
  private var samples: [String: ValueSample] = [:]
  private let ids: [String: ValueID]
  private var averages: [String: ChannelMeans]
  private(set) var peaks: [String: ChannelPeaks]
  private(set) var moments: [String: StateMoments]

  init(_ graph: Graph, runs: Int) {
    let perTensor = max(64, 24_576 / max(runs, 1))
    ids = Dictionary(graph.measuredValues.map { (graph[$0].name, $0) }) { first, _ in first }
    averages = Dictionary(graph.layerInputs.map { (graph[$0].name, ChannelMeans()) }) { first, _ in first }
    peaks = Dictionary(graph.recurrentValues.map { (graph[$0].name, ChannelPeaks()) }) { first, _ in first }
    moments = Dictionary(graph.recurrentSteps.map { (graph[$0].name, StateMoments(runs: runs)) }) { first, _ in first }
    for name in ids.keys { samples[name] = ValueSample(perTensor: perTensor) }
  }

  mutating func add(_ name: String, _ tensor: Tensor) {
    samples[name]?.add(tensor)
    averages[name]?.add(tensor)
    peaks[name]?.add(tensor)
    moments[name]?.add(tensor)
  }

  var means: [String: [Double]] { averages.mapValues(\.values) }

  var byValue: [ValueID: ValueSample] {
    Dictionary(uniqueKeysWithValues: samples.compactMap { name, sample in sample.count > 0 ? ids[name].map { ($0, sample) } : nil })
  }

  var warnings: [Diagnostic] {
    samples.filter { $0.value.strays > 0 }.keys.sorted().map { name in
      .warning("\"\(name)\" was infinite or no number on calibration data", hint: "the model may overflow there in float, too")
    }
  }
}
