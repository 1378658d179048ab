import GraphIR
import LoopIR
import Passes
import Readers
import Tensors
import Validation

extension Model {
  /// Compiles the model, runs the C and compares every layer and output with the reference interpreter.
  public func check(_ options: CheckOptions, progress: (Progress) -> Void = { _ in }) throws(CompilerError) -> CheckReport {
    try reporting(file: path) { () throws(Diagnostic) in try report(options, progress) }
  }

  private func report(_ options: CheckOptions, _ progress: (Progress) -> Void) throws(Diagnostic) -> CheckReport {
    var compileOptions = options.compile
    // The assembler's way of taking weights in is not open to libtcc; handing them over reads the same bytes.
    if compileOptions.weights != .inline { compileOptions.weights = .bind }
    let (optimised, program) = try Compilation.stages(source.graph, compileOptions, progress: progress, dump: { _ in })
    progress(Progress(activity: "compiling the C", fraction: nil))
    let built = try CompiledProgram(program, compileOptions, options.engine)
    let reference = try reference(compileOptions)
    let tolerance = CheckTolerance(
      options.tolerance ?? source.graph.expectedError, growsWithSums: options.tolerance == nil,
      roundsOnTheWay: options.tolerance == nil && compileOptions.precision == .bfloat16 && reference.computesBFloat16)
    var checker = Checker(source: reference, optimised: optimised, program: program, runner: built.runner, tolerance: tolerance)
    var model = source
    if let vectors = options.vectors { model.tests += try TestVector.read(vectors) }
    let ranges = Dictionary(uniqueKeysWithValues: program.openDims.map { ($0.name, $0.range) })
    var cases = CheckCase.all(of: model, dims: ranges, seed: options.seed, randomRuns: options.runs)
    // Vectors tell what the model gives, which integers and pruned networks come near to only.
    let isChanged =
      compileOptions.calibration != nil || compileOptions.storedWeights != .asInModel || compileOptions.precision != .float32
      || !compileOptions.pruning.rules.isEmpty
    if isChanged || reference.computesOnCodes {
      for position in cases.indices { cases[position].expected = nil }
    }
    for (position, check) in cases.enumerated() {
      progress(Progress(activity: check.name, fraction: Double(position) / Double(cases.count)))
      do throws(Diagnostic) { try checker.run(check) } catch { throw error.at(check.name) }
    }
    return CheckReport(layers: checker.report, runs: cases.count, engine: built.engine, tolerance: tolerance.base)
  }

  /// What outputs are held to: the model, or what pruning, calibration or narrow weights have made of it, or its own codes.
  private func reference(_ options: CompileOptions) throws(Diagnostic) -> Graph {
    var graph = source.graph
    let rules = options.pruning.rules
    if let calibration = options.calibration {
      try Pipeline.onIntegers(calibration.plan, rules).run(on: &graph)
    } else if try options.narrowType() != nil {
      var passes = try Compilation.pipelineOptions(options)
      if passes.target?.hasBFloat16Products == false { passes.target = nil }
      try Pipeline.untilRounded(passes).run(on: &graph)
    } else {
      var folded = graph
      try Pipeline.onFloats(rules).run(on: &folded)
      if !rules.isEmpty || folded.computesOnCodes { graph = folded }
    }
    return graph
  }
}

extension Graph {
  /// Values are rounded to bfloat16 on the way.
  fileprivate var computesBFloat16: Bool { nodes.contains { $0.outputs.contains { type($0).dtype == .bfloat16 } } }

  /// Small floats round coarsely, and errors of single roundings add up over the steps of recurrent layers.
  fileprivate var expectedError: Double {
    let dtypes = Set(values.map(\.type.dtype))
    if dtypes.contains(where: { $0.isFloat && $0.bitCount < 16 }) { return 0.25 }
    if dtypes.contains(.bfloat16) { return 3e-2 }
    if dtypes.contains(.float16) { return 4e-3 }
    return nodes.contains { $0.op.isRecurrent || $0.op.control != nil } ? 1e-4 : 2e-5
  }
}
