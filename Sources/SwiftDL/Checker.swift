import CSource
import GraphIR
import LoopIR
import Tensors
import Validation

/// Holds one compiled model to the reference: every layer by its own inputs, every output from the start.
package struct Checker {
  private let source: Graph
  private let optimised: Graph
  private let program: Program
  private let runner: ModelRunner
  private let tolerance: CheckTolerance
  private var rows: [CheckReport.Row]
  private var rowOfValue: [String: Int] = [:]
  /// Where the traced values are: the position in the trace of each value of the optimised graph.
  private let traced: [String: (position: Int, output: Program.LayerOutput)]
  /// For outputs by name the least magnitude by which their errors are judged.
  private var outputFloors: [String: Double] = [:]
  private var sourceStates: [Tensor]?
  private var optimisedStates: [Tensor]?

  package init(source: Graph, optimised: Graph, program: Program, runner: ModelRunner, tolerance: CheckTolerance) {
    self.source = source
    self.optimised = optimised
    self.program = program
    self.runner = runner
    self.tolerance = tolerance
    rows = []
    let outputs = program.layers.flatMap(\.outputs)
    traced = Dictionary(outputs.enumerated().map { ($0.element.value, ($0.offset, $0.element)) }) { first, _ in first }
    for node in optimised.nodes {
      for id in node.outputs where traced[optimised[id].name] != nil { addRow(optimised[id].name, node.label) }
    }
    for output in program.outputs { addRow("output \(output.name)", "from the start", tolerance.fromStart) }
  }

  private mutating func addRow(_ name: String, _ operation: String, _ tolerance: Double? = nil) {
    rowOfValue[name] = rows.count
    rows.append(CheckReport.Row(name: name, operation: operation, tolerance: tolerance ?? self.tolerance.base))
  }

  package var report: [CheckReport.Row] { rows }

  /// Runs one case and enters what it shows.
  package mutating func run(_ check: CheckCase) throws(Diagnostic) {
    if !check.continues {
      try runner.reset()
      (sourceStates, optimisedStates) = (nil, nil)
    }
    let dims = try source.openDims(of: check.inputs)
    var trace = Trace(dims: dims)
    let (values, program) = (traced.values.reduce(into: [:]) { $0[$1.position] = $1.output }, program)
    let outputs: [Tensor]
    do throws(Diagnostic) {
      outputs = try runner.run(program, check.inputs, dims: dims) { step, data in trace.enter(step, data, values, program) }
    } catch {
      // Both refuse extents that are out of range; the reference alone, or the C alone, may not.
      guard runner.status == 2, refusesExtents(check) else { throw error }
      (sourceStates, optimisedStates) = (nil, nil)
      return try runner.reset()
    }
    try checkLayers(check, trace)
    try checkOutputs(check, outputs)
  }

  private func refusesExtents(_ check: CheckCase) -> Bool { (try? Interpreter(source).run(check.inputs, states: sourceStates)) == nil }

  /// Each node is run by the reference on what the C computed before it.
  private mutating func checkLayers(_ check: CheckCase, _ trace: Trace) throws(Diagnostic) {
    var interpreter = Interpreter(optimised)
    var found: [(value: String, comparison: Validation.Comparison, tolerance: Double)] = []
    var floors: [String: Double] = [:]
    let (traced, optimised, tolerance) = (traced, optimised, tolerance)
    interpreter.didRun = { (node, inputs, results) in
      // Sums of large numbers that cancel keep the rounding errors of the large ones; what is only moved keeps its own.
      let moved = optimised.isMoving(node) ? node.inputs.first?.flatMap { floors[optimised[$0].name] } : nil
      let products = optimised.productsPerElement(of: node, trace.dims)
      let floor = moved ?? inputs.compactMap { $0?.peak }.max().map { $0 * 0.01 } ?? 0
      return zip(node.outputs, results).map { id, expected in
        let name = optimised[id].name
        floors[name] = floor
        guard let (position, output) = traced[name], let bytes = trace.bytes[position] else { return expected }
        let actual = output.tensor(bytes, trace.dims)
        guard actual.type == expected.type else { return expected }
        let comparison = Validation.Comparison(actual, expected: expected)
        found.append((name, comparison, tolerance.ofSums(of: products, expected.dtype)))
        return actual
      }
    }
    let values = try interpreter.run(check.inputs, states: optimisedStates)
    optimisedStates = optimised.states.compactMap { values[$0.output] }
    for (value, comparison, tolerance) in found {
      rowOfValue[value].map { rows[$0].tolerance = max(rows[$0].tolerance, tolerance) }
      enter(comparison, value, check, tolerance, floor: floors[value] ?? 0)
    }
    for (output, result) in zip(program.outputs, optimised.outputs) { outputFloors[output.name] = floors[optimised[result.value].name] }
  }

  private mutating func checkOutputs(_ check: CheckCase, _ outputs: [Tensor]) throws(Diagnostic) {
    let values = try Interpreter(source).run(check.inputs, states: sourceStates)
    sourceStates = source.states.compactMap { values[$0.output] }
    for (position, output) in source.outputs.enumerated() {
      guard let reference = values[output.value] else { continue }
      let row = "output \(program.outputs[position].name)"
      let floor = outputFloors[program.outputs[position].name] ?? 0
      guard outputs[position].type == reference.type else {
        throw Diagnostic("\(output.name) is \(outputs[position].type) in \(check.name)", hint: "the reference gives \(reference.type)")
      }
      enter(Validation.Comparison(outputs[position], expected: reference), row, check, tolerance.fromStart, floor: floor)
      guard var expected = check.expected?[position] else { continue }
      // Files that know no scalars store one as a list of one.
      if outputs[position].rank == 0, expected.dims == [1] { expected = expected.reshaped([]) }
      guard expected.type == outputs[position].type else {
        throw Diagnostic("\(check.name) expects \(expected.type) of \(output.name)", hint: "the model gives \(outputs[position].type)")
      }
      let allowed = max(tolerance.fromStart, check.tolerance ?? 0)
      enter(Validation.Comparison(outputs[position], expected: expected), row, check, allowed, floor: floor)
    }
  }

  /// `floor` is the least magnitude that an error is judged by.
  private mutating func enter(
    _ comparison: Validation.Comparison, _ name: String, _ check: CheckCase, _ tolerance: Double, floor: Double
  ) {
    guard let index = rowOfValue[name] else { return }
    let peak = max(comparison.peak, floor, 1e-6)
    let relative = comparison.isExact ? 0 : comparison.maxAbsolute / peak
    let isFinite = comparison.maxAbsolute.isFinite
    if comparison.maxULP == .max { rows[index].maxULP = nil }
    rows[index].maxULP = rows[index].maxULP.map { max($0, comparison.maxULP) }
    rows[index].maxAbsoluteError = max(rows[index].maxAbsoluteError, comparison.maxAbsolute)
    if relative > rows[index].maxRelativeError, let worst = comparison.worst {
      rows[index].maxRelativeError = relative
      rows[index].worstCase = check.name
      rows[index].worstElement = "element \(worst.index) is \(worst.actual), expected \(worst.expected)"
    }
    if !isFinite || relative > tolerance { rows[index].passes = false }
  }
}

extension Graph {
  /// The node moves elements without computing.
  fileprivate func isMoving(_ node: Node) -> Bool {
    node.epilogue == nil && node.op.aliasing(types(node.inputs), node.outputs.map { type($0) }) != .none
  }
}

extension Tensor {
  /// The largest finite magnitude of floats.
  fileprivate var peak: Double { dtype.isFloat ? doubles.reduce(0) { $1.isFinite ? max($0, $1.magnitude) : $0 } : 0 }
}
