import GraphIR
import Passes
import Tensors

extension Model {
  /// The same pruning, of the weights that matter least on the data, with those that are left changed so that each layer gives nearly
  /// what it gave before. Layers whose outputs see more than 2048 numbers keep theirs.
  public func fit(
    _ pruning: Pruning, to options: CalibrationOptions, progress: (Progress) -> Void = { _ in }
  ) throws(CompilerError) -> Pruning {
    let data: CalibrationData
    do throws(Diagnostics) { data = try CalibrationData(options.source, for: source, rows: options.rows) } catch {
      throw CompilerError(error.all)
    }
    return try reporting(file: path) { () throws(Diagnostic) in
      try fitted(pruning, Array(data.runs.prefix(options.rows)), progress)
    }
  }

  private func fitted(_ pruning: Pruning, _ runs: [[Tensor]], _ progress: (Progress) -> Void) throws(Diagnostic) -> Pruning {
    var graph = source.graph
    try Pipeline.onFloats(pruning.rules.filter(\.isForChannels)).run(on: &graph)
    var layers = FittedLayer.all(graph, pruning.rules)
    guard !layers.isEmpty else { return pruning }
    let program = try TracedProgram(graph, work: graph.products * Double(runs.count))
    for (position, inputs) in runs.enumerated() {
      progress(Progress(activity: "fitting weights", fraction: Double(position) / Double(runs.count)))
      var values = Dictionary(zip(graph.inputs.map { graph[$0].name }, inputs)) { first, _ in first }
      _ = try program.run(inputs, graph) { values[$0] = $1 }
      for index in layers.indices {
        if let seen = values[layers[index].input] { layers[index].add(seen) }
      }
    }
    progress(Progress(activity: "solving for weights", fraction: nil))
    let importance = Dictionary(layers.map { ($0.name, $0.importance) }) { first, _ in first }
    // Channels are gone already.
    try GraphPass.prune(pruning.rules.filter(\.isForWeights), importance: importance).run(on: &graph)
    return pruning.adding(FittedLayer.rules(layers, graph))
  }
}
