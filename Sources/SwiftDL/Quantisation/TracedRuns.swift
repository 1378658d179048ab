import GraphIR
import LoopIR
import Lowering
import Schedules
import Targets
import Tensors
import Validation

/// A graph as machine code that shows every value of a run.
struct TracedProgram {
  private let program: Program
  private let runner: ModelRunner
  private let layers: [Int: Program.LayerOutput]

  /// `work` is how many products all runs together compute: where it is much, the system's compiler pays.
  init(_ graph: Graph, work: Double) throws(Diagnostic) {
    let dims = try graph.usableDims()
    let isLong = work > 5e8 && SystemCompiler().isAvailable
    let target = isLong ? try Target.named("native") : .generic
    program = try Lowering { schedule($0, for: target, dims: dims, threads: false) }.lower(graph, name: "traced")
    var options = CompileOptions(name: "traced")
    options.target = target.name
    options.weights = .bind
    runner = try CompiledProgram(program, options, isLong ? .cc : .tcc).runner
    layers = Dictionary(uniqueKeysWithValues: program.layers.flatMap(\.outputs).enumerated().map { ($0.offset, $0.element) })
  }

  /// The outputs of one run from a fresh state.
  func outputs(_ inputs: [Tensor], _ graph: Graph) throws(Diagnostic) -> [Tensor] {
    try runner.reset()
    return try runner.run(program, inputs, dims: try graph.openDims(of: inputs))
  }

  /// Runs once, from a fresh state, and hands over what each node gives, by name of the value. The outputs are in order.
  func run(_ inputs: [Tensor], _ graph: Graph, each: (String, Tensor) -> Void) throws(Diagnostic) -> [Tensor] {
    try runner.reset()
    let dims = try graph.openDims(of: inputs)
    var trace = Trace(dims: dims)
    let outputs = try runner.run(program, inputs, dims: dims) { step, data in trace.enter(step, data, layers, program) }
    for (step, bytes) in trace.bytes.sorted(by: { $0.key < $1.key }) {
      guard let layer = layers[step] else { continue }
      each(layer.value, layer.tensor(bytes, trace.dims))
    }
    return outputs
  }
}

extension Graph {
  /// Products of one run, at the upper bounds of open dimensions.
  var products: Double {
    let largest = dims.mapValues(\.upperBound)
    return nodes.reduce(0) { sum, node in
      sum + Double(node.op.macs(types(node.operatorInputs), node.outputs.map { type($0) }).value(largest) ?? 0)
    }
  }
}
