import GraphIR
import Operators
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

  /// Of the node that reads what weights of that name, or of layers that were made one, have become: its operator, and their bytes.
  package func kernel(ofWeights name: String) -> (kernel: String, bytes: Int)? {
    for node in nodes {
      let parts = Set(node.inputs.compactMap { $0 }).filter { constants[$0] != nil && (self[$0].name + ".").hasPrefix(name + ".") }
      if !parts.isEmpty { return (node.op.name, parts.reduce(0) { $0 + (constants[$1]?.bytes.count ?? 0) }) }
    }
    return nil
  }

  private func statistics(of node: Node) -> WeightStatistics? {
    let known = Set(node.operatorInputs.compactMap { $0 }).compactMap { constants[$0] }
    var bytes = known.reduce(0) { $0 + $1.bytes.count }
    let (count, zeros): (Int, Int)
    if let op = node.op as? LiteralProduct {
      (count, zeros) = (op.weights.count, 0)
      bytes += LiteralProduct.codeBytes(products: count, isFloat: type(node.outputs[0]).dtype.isFloat)
    } else {
      guard node.inputs.count > 1, let id = node.inputs[1], let weights = constants[id] else { return nil }
      guard weights.dtype.isFloat || weights.dtype == .int8 else { return nil }
      (count, zeros) = (weights.count, weights.zeroCount)
    }
    let macs = node.op.macs(types(node.operatorInputs), node.outputs.map { type($0) })
    return WeightStatistics(
      kernel: node.op.name, weights: count, zeros: zeros, bytes: bytes, macs: macs.value(dims.mapValues(\.lowerBound)) ?? 0)
  }
}

extension Tensor {
  package var zeroCount: Int {
    switch dtype {
    case .float32: floats.count { $0 == 0 }
    case .int8, .uint8: bytes.count { $0 == 0 }
    default: doubles.count { $0 == 0 }
    }
  }
}
