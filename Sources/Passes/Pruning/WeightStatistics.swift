import GraphIR
import Tensors

/// The known operands of a node, in numbers.
package struct WeightStatistics: Hashable, Sendable {
  /// The operator's.
  package let kernel: String
  /// Weights, and how many of them are zero.
  package let weights: Int
  package let zeros: Int
  /// Of all known operands.
  package let bytes: Int
  /// Multiply-accumulate operations, with open extents at the least they can be.
  package let macs: Int
}

extension Graph {
  /// Names of the layers that pruning is for.
  package var prunableLayers: [String] { PrunableLayer.all(in: self).map(\.name) }

  /// For every node with known weights, by its name.
  package var weightStatistics: [String: WeightStatistics] {
    Dictionary(nodes.compactMap { node in statistics(of: node).map { (node.name, $0) } }) { first, _ in first }
  }

  private func statistics(of node: Node) -> WeightStatistics? {
    guard node.inputs.count > 1, let id = node.inputs[1], let weights = constants[id], weights.dtype.isFloat else { return nil }
    let known = Set(node.operatorInputs.compactMap { $0 }).compactMap { constants[$0] }
    let macs = node.op.macs(types(node.operatorInputs), node.outputs.map { type($0) })
    return WeightStatistics(
      kernel: node.op.name, weights: weights.count, zeros: weights.zeroCount, bytes: known.reduce(0) { $0 + $1.bytes.count },
      macs: macs.value(dims.mapValues(\.lowerBound)) ?? 0)
  }
}

extension Tensor {
  package var zeroCount: Int { dtype == .float32 ? floats.count { $0 == 0 } : doubles.count { $0 == 0 } }
}
