import GraphIR
import Passes
import Tensors

extension Model {
  /// The same pruning, with weights that are left changed so that each layer gives nearly what it gave before on the data. Layers whose
  /// outputs see more than 2048 numbers stay as they are.
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
    var (graph, pruned) = (source.graph, source.graph)
    // Channels are gone in both.
    try Pipeline.onFloats(pruning.rules.filter(\.isForChannels)).run(on: &graph)
    try Pipeline.onFloats(pruning.rules).run(on: &pruned)
    var layers = FittedLayer.all(graph, pruned)
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
    return pruning.adding(FittedLayer.rules(layers, pruned))
  }
}
