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

  /// One layer that is computed by another algorithm than the cost model's.
  public struct Layer: Sendable {
    public let name: String
    public let algorithm: String
    /// Of one run of the model.
    public let defaultSeconds: Double
    public let seconds: Double
  }

  public let tuning: Tuning
  public let nests: [Nest]
  /// Of one run of the whole model, with the cost model's schedules and with what was chosen.
  public let defaultSeconds: Double
  public let seconds: Double
  public var target: String { tuning.target }
  public var layers: [Layer] {
    tuning.layers.map {
      Layer(
        name: $0.name, algorithm: $0.algorithm.rawValue, defaultSeconds: $0.times.defaultNanoseconds * 1e-9,
        seconds: $0.times.nanoseconds * 1e-9)
    }
  }
  public var compiler: String { tuning.compiler }
}

extension Model {
  /// Times algorithms of layers and schedules of kernels on this machine, with open dimensions at their upper bounds, then the whole
  /// model.
  public func tune(_ options: TuneOptions, progress: (Progress) -> Void = { _ in }) throws(CompilerError) -> TuneReport {
    let compiler = SystemCompiler(line: options.compiler, flags: ["-O3"] + options.compile.threads.compilerFlags)
    progress(Progress(activity: "timing the algorithms of layers", fraction: 0))
    let layers = try measuredLayers(options.compile, compiler)
    var tuner = try reporting(file: path) { () throws(Diagnostic) in try ModelTuner(source.graph, layers, options.compile, compiler) }
    try reporting(file: path) { () throws(Diagnostic) in try tuner.measure(progress) }
    progress(Progress(activity: "timing the whole model", fraction: 1))
    let counting = try [tuner.start, tuner.tuning].map { (tuning) throws(CompilerError) in
      try timed(options.compile, tuning, compiler, isProfiled: true).model
    }
    try reporting(file: path) { () throws(Diagnostic) in try tuner.keepFaster(TimedModel.layerNanoseconds(of: counting)) }
    let plain = try [nil, tuner.tuning].map { (tuning) throws(CompilerError) in try timed(options.compile, tuning, compiler).model }
    let seconds = try reporting(file: path) { () throws(Diagnostic) in try TimedModel.leastSeconds(of: plain) }
    return TuneReport(tuning: tuner.tuning, nests: tuner.nests, defaultSeconds: seconds[0], seconds: seconds[1])
  }

  /// Layers that are faster by another algorithm than the cost model's.
  private func measuredLayers(_ options: CompileOptions, _ compiler: SystemCompiler) throws(CompilerError) -> [Tuning.Layer] {
    let target = try reporting { () throws(Diagnostic) in try Compilation.scheduledTarget(options) }
    var variants: [(model: TimedModel, layers: [(name: String, operation: String)])] = []
    for choices in AlgorithmTuning.variants {
      var tuning = Tuning(target: target.name, compiler: compiler.text, entries: [])
      tuning.otherLayers = choices.others
      variants.append(try timed(options, tuning, compiler, isProfiled: true))
    }
    return try reporting(file: path) { () throws(Diagnostic) in
      AlgorithmTuning.choices(variants.map(\.layers), try TimedModel.layerNanoseconds(of: variants.map(\.model)))
    }
  }

  private func timed(
    _ options: CompileOptions, _ tuning: Tuning?, _ compiler: SystemCompiler, isProfiled: Bool = false
  ) throws(CompilerError) -> (model: TimedModel, layers: [(name: String, operation: String)]) {
    var options = options
    options.harness = true
    options.profile = isProfiled
    options.tuning = tuning
    let compilation = try Compilation(self, options)
    let model = try reporting(file: path) { () throws(Diagnostic) in try TimedModel(compilation, compiler) }
    return (model, compilation.layers.map { ($0.name, $0.operation) })
  }
}
