import GraphIR
import Passes
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
    /// Of the weights as they were, and as the kernel reads them.
    public let denseBytes: Int
    public let bytes: Int
    /// Multiply-accumulate operations as they were, and of the kernel.
    public let denseMACs: Int
    public let macs: Int

    /// The kernel keeps the weights only that are not zero.
    public var isSparse: Bool { kernel.hasPrefix("sparse") }
  }

  /// What pruning, or training, did to the weights of each layer, and what the kernels make of it.
  public var sparsity: [Sparsity] {
    var original = source
    guard (try? Pipeline.onFloats().run(on: &original)) != nil else { return [] }
    var remaining = original
    guard (try? GraphPass.prune(options.pruning.rules).run(on: &remaining)) != nil else { return [] }
    let (before, pruned, after) = (original.weightStatistics, remaining.weightStatistics, graph.weightStatistics)
    return original.prunableLayers.compactMap { name in
      guard let first = before[name], let weights = pruned[name], let kernel = after[name] else { return nil }
      return Sparsity(
        name: name, weights: weights.weights, zeros: weights.zeros, kernel: kernel.kernel, denseBytes: first.bytes, bytes: kernel.bytes,
        denseMACs: first.macs, macs: kernel.macs)
    }
  }
}
