import GraphIR
import LoopIR
import Operators
import Passes
import Tensors

extension Model {
  /// Runs the model in float and on integers and compares them, on runs that calibration has not seen where there are any. `labels`
  /// tell the class of each row of the calibration data; `timed` also times both with the system's compiler.
  public func measure(
    _ options: CompileOptions, labels: String? = nil, timed: Bool = false, progress: (Progress) -> Void = { _ in }
  ) throws(CompilerError) -> QuantisationReport {
    guard let calibration = options.calibration else {
      throw CompilerError([Diagnostic("there is nothing to compare: the model was not calibrated")])
    }
    var report = try reporting(file: path) { () throws(Diagnostic) in
      let classes = try labels.map { (name) throws(Diagnostic) in try calibration.classes(name) }
      return try measure(options, calibration, classes, progress)
    }
    if timed { report.seconds = (try fastestRun(options.withoutCalibration, progress), try fastestRun(options, progress)) }
    return report
  }

  private func fastestRun(_ options: CompileOptions, _ progress: (Progress) -> Void) throws(CompilerError) -> Double {
    var profiling = ProfileOptions(options)
    // What the machine could do at most is not asked for.
    profiling.peak = 1
    return try profile(profiling, progress: progress).fastestSeconds
  }

  private func measure(
    _ options: CompileOptions, _ calibration: Calibration, _ classes: [Int]?, _ progress: (Progress) -> Void
  ) throws(Diagnostic) -> QuantisationReport {
    var (float, integers) = (source.graph, source.graph)
    try Pipeline.beforeQuantisation(options.pruning.rules, equalises: calibration.plan.equalises).run(on: &float)
    try Pipeline.onIntegers(calibration.plan, options.pruning.rules).run(on: &integers)
    let isSeen = calibration.unseen.isEmpty
    let runs = isSeen ? calibration.seen : calibration.unseen
    var comparison = Comparison(float, integers, calibration.plan)
    progress(Progress(activity: "compiling for comparison", fraction: nil))
    let work = float.products * Double(runs.count)
    let programs = (try TracedProgram(float, work: work), try TracedProgram(integers, work: work))
    for (position, inputs) in runs.enumerated() {
      progress(Progress(activity: "comparing", fraction: Double(position) / Double(runs.count)))
      var reals: [String: Tensor] = [:]
      let expected = try programs.0.run(inputs, float) { reals[$0] = $1 }
      let actual = try programs.1.run(inputs, integers) { comparison.add($0, $1, reals) }
      comparison.add(outputs: expected, actual)
    }
    var report = try self.report(options, float, integers, comparison)
    (report.rows, report.rowsWereCalibratedOn) = (runs.count, isSeen)
    if let classes { report.accuracy = comparison.accuracy(Array(classes.dropFirst(isSeen ? 0 : calibration.rows))) }
    return report
  }

  private func report(
    _ options: CompileOptions, _ float: Graph, _ integers: Graph, _ comparison: Comparison
  ) throws(Diagnostic) -> QuantisationReport {
    let programs = (
      try Compilation.stages(source.graph, options.withoutCalibration).1, try Compilation.stages(source.graph, options).1
    )
    return QuantisationReport(
      layers: comparison.layers(float, integers), outputs: comparison.outputs(integers), rows: 0, rowsWereCalibratedOn: false,
      floatWeightsBytes: programs.0.constantBytes, weightsBytes: programs.1.constantBytes, floatArenaBytes: programs.0.arenaBytes,
      arenaBytes: programs.1.arenaBytes)
  }
}

extension CompileOptions {
  fileprivate var withoutCalibration: CompileOptions {
    var copy = self
    copy.calibration = nil
    return copy
  }
}

extension Program {
  fileprivate var constantBytes: Int { constants.reduce(0) { $0 + $1.data.bytes.count } }
}

/// Values of two graphs, one in float and one on integers, run by run.
private struct Comparison {
  private let plan: QuantisationPlan
  private let reasons: [String: String]
  /// Bits of fraction of what recurrent layers keep as int16.
  private let shortBits: [String: Int]
  private var values: [String: SignalToNoise] = [:]
  private var results: [SignalToNoise]
  private var winners: [(expected: Int, actual: Int)] = []

  init(_ float: Graph, _ integers: Graph, _ plan: QuantisationPlan) {
    self.plan = plan
    reasons = float.reasonsForFloat(plan)
    shortBits = integers.shortBits
    results = float.outputs.map { _ in SignalToNoise() }
  }

  /// A value of the graph on integers.
  mutating func add(_ name: String, _ tensor: Tensor, _ reals: [String: Tensor]) {
    let source = sourceName(name)
    guard let expected = reals[source], expected.count == tensor.count else { return }
    if let code = plan.codes[source], tensor.dtype == code.dtype {
      values[name, default: SignalToNoise()].add(expected.doubles, tensor.integers.map { code.real(Int($0)) })
    } else if tensor.dtype == .int16, let bits = shortBits[name] {
      values[name, default: SignalToNoise()].add(expected.doubles, tensor.doubles.map { $0 / Double(1 << bits) })
    } else if tensor.dtype == expected.dtype, tensor.dtype.isFloat {
      values[name, default: SignalToNoise()].add(expected.doubles, tensor.doubles)
    }
  }

  private func sourceName(_ name: String) -> String {
    for suffix in [".code", ".short"] where name.hasSuffix(suffix) { return String(name.dropLast(suffix.count)) }
    return name
  }

  mutating func add(outputs expected: [Tensor], _ actual: [Tensor]) {
    for position in results.indices where expected[position].dtype.isFloat {
      results[position].add(expected[position].doubles, actual[position].doubles)
    }
    guard let (a, b) = zip(expected, actual).first(where: { _ in true }) else { return }
    winners.append((a.doubles.firstGreatest, b.doubles.firstGreatest))
  }

  func outputs(_ graph: Graph) -> [(name: String, signalToNoise: Double)] {
    zip(graph.outputs, results).map { ($0.name, $1.decibels) }
  }

  func accuracy(_ classes: [Int]) -> QuantisationReport.Accuracy {
    let pairs = zip(winners, classes)
    return QuantisationReport.Accuracy(float: pairs.map { $0.expected == $1 }, quantised: pairs.map { $0.actual == $1 })
  }

  func layers(_ float: Graph, _ integers: Graph) -> [QuantisationReport.Layer] {
    let bytesBefore = Dictionary(float.nodes.map { ($0.name, float.constantBytes(of: $0)) }) { first, _ in first }
    let largest = integers.dims.mapValues(\.upperBound)
    return integers.nodes.map { node in
      let macs = node.op.macs(integers.types(node.operatorInputs), node.outputs.map { integers.type($0) })
      let (arithmetic, name) = (integers.arithmetic(of: node), sourceName(node.name))
      return QuantisationReport.Layer(
        name: name, operation: node.label, arithmetic: arithmetic ?? "float32", reason: arithmetic == nil ? reasons[name] : nil,
        macs: macs.value(largest) ?? 0, floatBytes: bytesBefore[name] ?? 0, bytes: integers.constantBytes(of: node),
        sumBounds: integers.sumBounds(of: node),
        signalToNoise: node.outputs.lazy.compactMap { values[integers[$0].name]?.decibels }.first)
    }
  }
}

extension Graph {
  fileprivate func constantBytes(of node: Node) -> Int {
    Set(node.inputs.compactMap { $0 }).reduce(0) { $0 + (constants[$1]?.bytes.count ?? 0) }
  }

  /// By name of the value.
  fileprivate var shortBits: [String: Int] {
    var found: [String: Int] = [:]
    for node in nodes {
      guard let op = node.op as? IntegerRecurrent else { continue }
      for (position, id) in node.outputs.enumerated() { found[self[id].name] = op.stateBits[max(position - 1, 0)] }
    }
    return found
  }

  /// The type of products of integers, or of integers from integers without floats between; `nil` where there are floats.
  fileprivate func arithmetic(of node: Node) -> String? {
    if node.op is IntegerRecurrent { return "int8" }
    let codes = node.inputs.compactMap { $0 }.filter { constants[$0] == nil && type($0).dtype.isCode }
    guard let first = codes.first else { return nil }
    let bodies = [node.op.elementwise?.body, node.epilogue?.body.body].compactMap { $0 }
    let isProduct = node.op.macs(types(node.operatorInputs), node.outputs.map { type($0) }) != 0
    guard isProduct || type(node.outputs[0]).dtype.isCode && !bodies.contains(where: \.hasFloats) else { return nil }
    return type(first).dtype == .int16 ? "int16" : "int8"
  }
}

extension DType {
  fileprivate var isCode: Bool { self == .uint8 || self == .int16 }
}

extension Expr {
  fileprivate var hasFloats: Bool { dtype.isFloat || children.contains(where: \.hasFloats) }
}

extension [Double] {
  /// The position of the greatest; of equal ones the first.
  var firstGreatest: Int { indices.reduce(0) { self[$1] > self[$0] ? $1 : $0 } }
}
