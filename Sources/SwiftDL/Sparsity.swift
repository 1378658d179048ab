import Containers
import GraphIR
import Passes
import Targets
import Tensors

extension Compilation {
  /// A layer with weights that pruning is for.
  public struct Sparsity: Hashable, Sendable {
    public let name: String
    /// Weights that are left, and how many of them are zero.
    public let weights: Int
    public let zeros: Int
    /// The operator that computes it.
    public let kernel: String
    /// Why, for people: what its time and its bytes are in those of the dense kernel by the cost model, or what stood against others.
    public let reason: String
    /// Of the weights as they were, and as the kernel reads them.
    public let denseBytes: Int
    public let bytes: Int
    /// Multiply-accumulate operations as they were, and of the kernel.
    public let denseMACs: Int
    public let macs: Int

    /// The kernel keeps the weights only that are not zero.
    public var isSparse: Bool { kernel.hasPrefix("sparse") || kernel.hasPrefix("literal") }
  }

  /// What pruning, or training, did to the weights of each layer, and what the kernels make of it.
  public var sparsity: [Sparsity] {
    guard let stages = try? SparsityStages(self) else { return [] }
    let (dense, remaining, chosen) = (stages.dense.weightStatistics, stages.remaining.weightStatistics, stages.chosen.weightStatistics)
    let (final, reasons) = (graph.weightStatistics, stages.reasons)
    return stages.dense.prunableLayers.compactMap { name in
      guard let first = dense[name], let weights = remaining[name], let kernel = chosen[name] else { return nil }
      // Passes behind the choice make one layer of several, which then has the name of the last.
      let fused = final[name] == nil ? stages.weights[name].flatMap { graph.kernel(ofWeights: $0) } : nil
      return Sparsity(
        name: name, weights: weights.weights, zeros: weights.zeros, kernel: fused?.kernel ?? final[name]?.kernel ?? kernel.kernel,
        reason: reasons[name] ?? "", denseBytes: first.bytes, bytes: fused?.bytes ?? final[name]?.bytes ?? kernel.bytes,
        denseMACs: first.macs, macs: final[name]?.macs ?? kernel.macs)
    }
  }
}

extension [Compilation.Sparsity] {
  /// One object for each layer.
  var json: JSON {
    .array(
      map { layer in
        .object([
          JSON.Member("name", .string(layer.name)), JSON.Member("weights", .integer(layer.weights)),
          JSON.Member("zeros", .integer(layer.zeros)), JSON.Member("kernel", .string(layer.kernel)),
          JSON.Member("reason", .string(layer.reason)), JSON.Member("dense_bytes", .integer(layer.denseBytes)),
          JSON.Member("bytes", .integer(layer.bytes)), JSON.Member("dense_macs", .integer(layer.denseMACs)),
          JSON.Member("macs", .integer(layer.macs)),
        ])
      })
  }
}

/// The model on its way to kernels.
private struct SparsityStages {
  /// With all weights.
  var dense: Graph
  /// Without those that were pruned, on integers if it is.
  var remaining: Graph
  /// With kernels for zeros.
  var chosen: Graph
  let reasons: [String: String]
  /// Names of the weights of layers.
  var weights: [String: String] {
    let pairs = chosen.nodes.compactMap { node in
      node.inputs.count > 1 ? node.inputs[1].map { (node.name, chosen[$0].name) } : nil
    }
    return Dictionary(pairs) { first, _ in first }
  }

  init(_ compilation: Compilation) throws(Diagnostic) {
    let options = try Compilation.pipelineOptions(compilation.options)
    (dense, remaining) = (compilation.source, compilation.source)
    try Pipeline.onFloats().run(on: &dense)
    try Pipeline.beforeSparse(options).run(on: &remaining)
    chosen = remaining
    guard let target = options.target else {
      reasons = [:]
      return
    }
    reasons = remaining.sparseReasons(for: target)
    try GraphPass.chooseSparse(for: target).run(on: &chosen)
  }
}
