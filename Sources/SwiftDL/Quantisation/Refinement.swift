import GraphIR
import Passes
import Tensors

/// What integers may cost at most.
public struct AccuracyTarget: Sendable {
  /// Decibels that each output keeps at least.
  public var leastSignalToNoise: Double?
  /// Points of accuracy that are lost at most, and the classes of the rows.
  public var mostPointsLost: Double?
  public var labels: String?

  public init(leastSignalToNoise: Double? = nil, mostPointsLost: Double? = nil, labels: String? = nil) {
    self.leastSignalToNoise = leastSignalToNoise
    self.mostPointsLost = mostPointsLost
    self.labels = labels
  }
}

extension Model {
  /// Keeps those layers in float that cost most, until the target is met on rows that calibration has seen. Each layer is first made
  /// integer alone: errors of single layers nearly add up, so that few combinations have to be tried.
  public func refine(
    _ calibration: Calibration, to target: AccuracyTarget, progress: (Progress) -> Void = { _ in }
  ) throws(CompilerError) -> Calibration {
    try reporting(file: path) { () throws(Diagnostic) in
      let classes = try target.labels.map { (name) throws(Diagnostic) in try calibration.data.classes(name) }
      var search = try Refinement(source.graph, calibration, target, classes)
      return try search.run(progress)
    }
  }
}

/// One search for layers that stay float.
struct Refinement {
  private let source: Graph
  private let calibration: Calibration
  private let target: AccuracyTarget
  private let classes: [Int]?
  private let runs: [[Tensor]]
  private let layers: [String]
  private let work: Double

  init(_ source: Graph, _ calibration: Calibration, _ target: AccuracyTarget, _ classes: [Int]?) throws(Diagnostic) {
    var graph = source
    try Pipeline.beforeQuantisation(calibration.pruning.rules, equalises: calibration.plan.equalises).run(on: &graph)
    (self.source, self.calibration, self.target, self.classes) = (source, calibration, target, classes)
    layers = graph.integerLayers(calibration.plan)
    // Accuracy needs all rows that there are; errors of numbers show in few.
    let affordable = Int(min(max(2e9 / max(graph.products, 1), 2), 32))
    runs = Array(calibration.seen.prefix(target.mostPointsLost == nil ? affordable : calibration.seen.count))
    work = graph.products * Double(runs.count)
  }

  /// What the worst output keeps of the signal with all layers on integers.
  func decibels() throws(Diagnostic) -> Double { try outcome(keeping: []).decibels }

  mutating func run(_ progress: (Progress) -> Void) throws(Diagnostic) -> Calibration {
    var best = try outcome(keeping: [])
    var kept: [String] = []
    if !best.meets(target) {
      let ranked = try rankedLayers(progress)
      var count = ranked.count(for: target, noise: best.noise)
      while !best.meets(target), kept.count < layers.count {
        kept = Array(ranked.names.prefix(count))
        progress(Progress(activity: "trying \(kept.count) of \(layers.count) layers in float", fraction: nil))
        best = try outcome(keeping: Set(kept))
        count = min(layers.count, kept.count + max(1, layers.count / 16))
      }
    }
    var result = calibration
    result.plan.floatNodes = Set(kept)
    result.warnings += (best.meets(target) ? [] : [best.failure(target)]).map(Problem.init)
    return result
  }

  private func rankedLayers(_ progress: (Progress) -> Void) throws(Diagnostic) -> RankedLayers {
    var noises: [(name: String, noise: Double)] = []
    for (position, name) in layers.enumerated() {
      progress(Progress(activity: "sensitivity of \(name)", fraction: Double(position) / Double(layers.count)))
      noises.append((name, try outcome(keeping: Set(layers).subtracting([name])).noise))
    }
    return RankedLayers(noises.enumerated().sorted { ($1.element.noise, $0.offset) < ($0.element.noise, $1.offset) }.map(\.element))
  }

  private func outcome(keeping floatNodes: Set<String>) throws(Diagnostic) -> Outcome {
    var plan = calibration.plan
    plan.floatNodes = floatNodes
    var graph = source
    try Pipeline.onIntegers(plan, calibration.pruning.rules).run(on: &graph)
    let program = try TracedProgram(graph, work: work)
    var outcome = Outcome(outputs: graph.outputs.count)
    for (position, inputs) in runs.enumerated() {
      outcome.add(calibration.outputs[position], try program.outputs(inputs, graph), class: classes?[position])
    }
    return outcome
  }
}

/// How far integers are from floats.
private struct Outcome {
  private var ratios: [SignalToNoise]
  private var lost = 0
  private var rows = 0

  init(outputs: Int) { ratios = [SignalToNoise](repeating: SignalToNoise(), count: outputs) }

  mutating func add(_ expected: [Tensor], _ actual: [Tensor], class label: Int?) {
    for position in ratios.indices where expected[position].dtype.isFloat {
      ratios[position].add(expected[position].doubles, actual[position].doubles)
    }
    rows += 1
    guard let label, let a = expected.first, let b = actual.first else { return }
    lost += (a.doubles.firstGreatest == label ? 1 : 0) - (b.doubles.firstGreatest == label ? 1 : 0)
  }

  var decibels: Double { ratios.map(\.decibels).min() ?? .infinity }
  /// The largest share of an output that is noise.
  var noise: Double { ratios.map(\.noiseShare).max() ?? 0 }
  private var pointsLost: Double { rows == 0 ? 0 : 100 * Double(lost) / Double(rows) }

  func meets(_ target: AccuracyTarget) -> Bool {
    decibels >= target.leastSignalToNoise ?? -.infinity && pointsLost <= target.mostPointsLost ?? .infinity
  }

  func failure(_ target: AccuracyTarget) -> Diagnostic {
    let found = target.leastSignalToNoise == nil ? "\(pointsLost) points are lost" : "the outputs have \(decibels) dB"
    return .warning("\(found) with all layers in float", hint: "ask for less: what is left is the rounding of floats")
  }
}

/// Layers by the noise that each makes alone, the worst first.
private struct RankedLayers {
  private let layers: [(name: String, noise: Double)]
  var names: [String] { layers.map(\.name) }

  init(_ layers: [(name: String, noise: Double)]) { self.layers = layers }

  /// How many layers have to go so that the noise of the others, added up, meets the target; at least one.
  func count(for target: AccuracyTarget, noise: Double) -> Int {
    guard let decibels = target.leastSignalToNoise else { return 1 }
    var left = layers.reduce(0) { $0 + $1.noise }
    // What layers make together may be more or less than their sum.
    let factor = left > 0 ? noise / left : 1
    let allowed = exponential10(-decibels / 10)
    var count = 0
    while count < layers.count, count == 0 || left * factor > allowed {
      left -= layers[count].noise
      count += 1
    }
    return count
  }
}
