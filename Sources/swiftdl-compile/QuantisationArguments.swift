import ArgumentParser
import SwiftDL

extension CalibrationOptions.Method: ExpressibleByArgument {}
extension CalibrationOptions.Equalisation: ExpressibleByArgument {}

/// Integer types that layers can compute in, or that weights can be kept as.
enum QuantisedType: String, CaseIterable, ExpressibleByArgument {
  case int8
  /// Values of 16 bits, weights of eight.
  case int16x8
  /// Weights only: values stay floats.
  case int8Weights = "int8-weights"
  case int4Weights = "int4-weights"
  case float16Weights = "f16-weights"
  case bfloat16Weights = "bf16-weights"
}

/// Whether and how layers become integers.
struct QuantisationArguments: ParsableArguments {
  @Option(
    name: .customLong("quantize"), help: "Compute with integers, which needs --calibrate; or keep only weights as what the name says.")
  var type: QuantisedType?

  @Option(
    help: """
      Data that the ranges of values are taken from: a .npz, .npy, .safetensors or raw file, a folder of such, "tests" for the model's own \
      test vectors, or "random", which tells nothing about accuracy.
      """, completion: .file())
  var calibrate: String?

  @Option(name: .customLong("calibrate-with"), help: "How ranges are chosen; best: for each value the one that loses least.")
  var method = CalibrationOptions.Method.best

  @Option(help: "Scale channels between layers so that their weights on both sides reach equally far; best: where it helps.")
  var equalise = CalibrationOptions.Equalisation.best

  @Option(name: .customLong("calibrate-rows"), help: "Rows that ranges are taken from, at most; the others are for measuring.")
  var rows = 100

  @Option(help: "Also write a JSON report of what quantising or pruning costs and saves, layer by layer, and show it.", completion: .file())
  var report: String?

  @Option(
    help: """
      Rows that the report compares on, as --calibrate takes them. Default: those of --calibrate that were not looked at, or all where \
      all were.
      """, completion: .file())
  var reportData: String?

  @Option(help: "The class of each row of the data, to report accuracy: a file of integers, or an array of the data.")
  var labels: String?

  @Option(name: .customLong("min-sqnr"), help: "Decibels that every output keeps at least: layers that cost most stay float.")
  var leastRatio: Double?

  @Option(name: .customLong("max-drop"), help: "Points of accuracy that may be lost on the calibration rows; needs --labels.")
  var mostDrop: Double?

  @Flag(name: .customLong("report-time"), help: "Also time both networks on this machine, with the system's C compiler.")
  var timed = false

  /// What becomes of the model's weights and layers; calibrates where that is asked for, after pruning.
  func complete(_ options: inout CompileOptions, for model: Model, pruning: PruningArguments, _ progress: ProgressLine) throws {
    options.storedWeights = storedWeights
    options.pruning = try pruning.value(for: model, progress)
    options.calibration = try calibration(of: model, options.pruning, progress)
  }

  private var storedWeights: CompileOptions.StoredWeights {
    switch type {
    case .int8Weights: .int8
    case .int4Weights: .int4
    case .float16Weights: .float16
    case .bfloat16Weights: .bfloat16
    case .int8, .int16x8, nil: .asInModel
    }
  }

  var wantsReport: Bool { report != nil || reportData != nil || labels != nil || timed }

  /// What the report compares on.
  var reportOptions: ReportOptions {
    var options = ReportOptions()
    options.data = reportData.map { .init(argument: $0) }
    options.labels = labels
    options.isTimed = timed
    return options
  }

  /// Layers compute with integers.
  var computesOnIntegers: Bool { type == .int8 || type == .int16x8 }

  func validate() throws {
    guard computesOnIntegers || leastRatio == nil && mostDrop == nil else {
      throw ValidationError("--min-sqnr and --max-drop are for --quantize int8 and int16x8")
    }
    guard labels == nil || calibrate != nil || reportData != nil else {
      throw ValidationError("--labels tell the classes of rows: name these with --report-data")
    }
    guard mostDrop == nil || labels != nil else { throw ValidationError("--max-drop needs --labels") }
    guard (leastRatio ?? 0).isFinite, (mostDrop ?? 0).isFinite else { throw ValidationError("--min-sqnr and --max-drop take numbers") }
    guard computesOnIntegers == (calibrate != nil) else {
      throw ValidationError(
        computesOnIntegers ? "--quantize int8 and int16x8 need --calibrate FILE" : "--calibrate is for --quantize int8 and int16x8")
    }
    guard (1...1_000_000).contains(rows) else { throw ValidationError("--calibrate-rows must lie between 1 and 1000000") }
  }

  /// Calibrates the model where that is asked for, and shows what should be known about the result.
  private func calibration(of model: Model, _ pruning: Pruning, _ progress: ProgressLine) throws -> Calibration? {
    guard computesOnIntegers, let calibrate else { return nil }
    var options = CalibrationOptions(.init(argument: calibrate))
    options.values = type == .int16x8 ? .int16 : .int8
    options.method = method
    options.equalisation = equalise
    options.rows = rows
    options.pruning = pruning
    var calibration = try model.calibrate(options) { progress.show($0.activity, $0.fraction) }
    if leastRatio != nil || mostDrop != nil {
      let target = AccuracyTarget(leastSignalToNoise: leastRatio, mostPointsLost: mostDrop, labels: labels)
      calibration = try model.refine(calibration, to: target) { progress.show($0.activity, $0.fraction) }
    }
    progress.finish()
    Terminal.show(calibration.warnings)
    return calibration
  }
}

extension CalibrationOptions.Source {
  /// What users call it: `tests`, `random`, or a file.
  init(argument: String) {
    switch argument {
    case "tests": self = .tests
    case "random": self = .random(seed: 1)
    default: self = .file(argument)
    }
  }
}
