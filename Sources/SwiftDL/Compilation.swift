import CSource
import GraphIR
import LoopIR
import Lowering
import Passes
import Schedules
import Targets
import Tensors

/// What long work is doing: shown to people.
public struct Progress: Sendable {
  public let activity: String
  /// Between 0 and 1 where it is known.
  public let fraction: Double?
}

/// A model as C.
public struct Compilation: Sendable {
  public struct File: Hashable, Sendable {
    public let name: String
    public let contents: [UInt8]
  }

  /// The graph after a pass, as text.
  public struct Dump: Hashable, Sendable {
    public let pass: String
    public let text: String
  }

  /// What machines can be named.
  public static let targets = Target.all.map(\.name) + ["native"]
  /// What passes there are, in the order in which they run.
  public static let passes = Pipeline.standard(PipelineOptions(target: .x86v4)).passes.map(\.name)

  /// The C file first, then its header, then what else was asked for.
  public let files: [File]
  public let dumps: [Dump]
  /// What is odd but does not keep the model from being compiled.
  public let warnings: [Problem]
  let program: Program
  let graph: Graph
  let source: Graph
  let options: CompileOptions
  let generated: GeneratedSource

  /// Optimises, schedules and prints a model.
  public init(_ model: Model, _ options: CompileOptions, progress: (Progress) -> Void = { _ in }) throws(CompilerError) {
    source = model.source.graph
    var (dumps, warnings): ([Dump], [Problem]) = ([], [])
    let stages = try reporting(file: model.path) { () throws(Diagnostic) in
      try Self.stages(model.source.graph, options, progress: progress) {
        dumps.append($0)
      } warn: {
        warnings.append(Problem($0))
      }
    }
    (graph, program) = stages
    self.dumps = dumps
    self.warnings = warnings
    self.options = options
    progress(Progress(activity: "printing C", fraction: 0.9))
    generated = try reporting(file: model.path) { () throws(Diagnostic) in try Self.emit(stages.1, options, trace: false) }
    files = generated.files.map { File(name: $0.name, contents: $0.bytes) }
  }

  /// The machine that loops are scheduled for. Where every compiler must give the same bits, there is one order of operations for
  /// all: the portable one, without fused products.
  static func scheduledTarget(_ options: CompileOptions) throws(Diagnostic) -> Target {
    let target = try Target.named(options.target)
    return options.numerics == .strict ? .generic : target
  }

  /// The optimised graph and its program.
  package static func stages(
    _ source: Graph, _ options: CompileOptions, progress: (Progress) -> Void = { _ in }, dump: (Dump) -> Void = { _ in },
    warn: (Diagnostic) -> Void = { _ in }
  ) throws(Diagnostic) -> (Graph, Program) {
    let graph = try optimised(source, options, progress: progress, dump: dump)
    progress(Progress(activity: "lowering and scheduling", fraction: 0.5))
    let scheduling = try KernelScheduling(options, scheduledTarget(options), dims: graph.usableDims())
    let program = try Lowering(schedule: scheduling.scheduled).lower(graph, name: options.name)
    for problem in try scheduling.problems() { warn(problem) }
    return (graph, program)
  }

  /// What the passes are told.
  static func pipelineOptions(_ options: CompileOptions) throws(Diagnostic) -> PipelineOptions {
    PipelineOptions(
      target: options.schedule == .automatic ? try scheduledTarget(options) : nil, pruning: options.pruning.rules,
      quantisation: options.calibration?.plan, weights: try options.narrowType(),
      algorithms: options.tuning?.algorithms ?? AlgorithmChoices(), isThreaded: options.threads == .openmp)
  }

  /// The graph after all passes.
  package static func optimised(
    _ source: Graph, _ options: CompileOptions, progress: (Progress) -> Void = { _ in }, dump: (Dump) -> Void = { _ in }
  ) throws(Diagnostic) -> Graph {
    let pipeline = Pipeline.standard(try pipelineOptions(options))
    var graph = source
    var done = 0
    for pass in pipeline.passes {
      progress(Progress(activity: pass.name, fraction: Double(done) / Double(pipeline.passes.count) * 0.5))
      let before = options.dumpAfter.contains(pass.name) ? graph : nil
      try pass.run(on: &graph)
      if let before { dump(Dump(pass: pass.name, text: before == graph ? "(unchanged)" : graph.description)) }
      done += 1
    }
    return graph
  }
}

extension Compilation {
  /// A tensor at the boundary of a model.
  public struct Port: Hashable, Sendable {
    public let name: String
    public let type: String
  }

  /// A node of the optimised graph.
  public struct Layer: Hashable, Sendable {
    public let name: String
    public let operation: String
    public let resultType: String
    /// Multiply-accumulate operations, at the upper bounds of open dimensions.
    public let macs: Int
    /// Bytes read and written.
    public let bytes: Int
  }

  public var inputs: [Port] { program.inputs.map { Port(name: $0.name, type: $0.type.description) } }
  public var outputs: [Port] { program.outputs.map { Port(name: $0.name, type: $0.type.description) } }
  public var arenaBytes: Int { program.arenaBytes }
  /// The largest sum of bytes that live at one time.
  public var arenaLowerBound: Int { program.arenaLowerBound }
  public var weightsBytes: Int { program.constants.reduce(0) { $0 + $1.data.bytes.count } }
  public var macs: Int { layers.reduce(0) { $0 + $1.macs } }

  public var layers: [Layer] {
    let largest = Dictionary(uniqueKeysWithValues: (program.openDims + program.computedDims).map { ($0.name, $0.range.upperBound) })
    return program.layers.map { layer in
      Layer(
        name: layer.name, operation: layer.operatorName, resultType: layer.outputs.first?.view.type.description ?? "",
        macs: layer.macs.value(largest) ?? 0, bytes: layer.bytes.value(largest) ?? 0)
    }
  }
}
