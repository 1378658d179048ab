import GraphIR
import Tensors

/// How far from the reference, whose sums are kept in `Double`, what the C computes may be: as a share of the magnitude that errors are
/// judged by.
package struct CheckTolerance: Sendable {
  /// Of layers that sum little.
  package let base: Double
  /// The base was not asked for, so that long sums may have more.
  package let growsWithSums: Bool
  /// Values are rounded to bfloat16 on the way: some go to the other of two neighbours.
  package let roundsOnTheWay: Bool

  package init(_ base: Double, growsWithSums: Bool = false, roundsOnTheWay: Bool = false) {
    self.base = base
    self.growsWithSums = growsWithSums
    self.roundsOnTheWay = roundsOnTheWay
  }

  /// Of outputs that are computed from the start.
  package var fromStart: Double { roundsOnTheWay ? max(base, 1e-2) : base }

  /// Half a step of float32, in which floats of 32 bits and fewer are summed, at 1.
  private static let unitRoundoff = 0x1p-24
  /// Between neighbours of bfloat16 at 1.
  private static let bfloat16Step = 0x1p-7
  /// Beyond so many products a sum may no longer be allowed what rounding can do to it.
  private static let mostTerms = 65536

  /// Of a layer whose elements are sums of `terms` products.
  ///
  /// `n` products of one sign, summed one after the other, are off by `n` unit roundoffs of the sum at most (Higham, Accuracy and
  /// Stability of Numerical Algorithms, 3.1), and products that are all alike by half of that, since all roundings up to the next power of
  /// two go the same way: `n` times the roundoff is the bound. It hides no lost or foreign product: one of typical size is `1 / √n` of a
  /// sum of `n` of either sign, and that is more while `n` is below 65,536.
  package func ofSums(of terms: Int, _ dtype: DType) -> Double {
    guard growsWithSums, dtype.isFloat, dtype != .float64 else { return base }
    if roundsOnTheWay, dtype == .bfloat16 { return max(base, Self.bfloat16Step) }
    return max(base, Double(min(max(terms, 0), Self.mostTerms)) * Self.unitRoundoff)
  }
}

extension Graph {
  /// How many products go into each element of a node's first output. Those of recurrent layers and of subgraphs are not looked into.
  func productsPerElement(of node: Node, _ dims: [String: Int]) -> Int {
    guard !node.op.isRecurrent, node.op.control == nil else { return 0 }
    let outputs = node.outputs.map { type($0) }
    guard let products = node.op.macs(types(node.operatorInputs), outputs).value(dims),
      let count = outputs.first?.shape.elementCount.value(dims), count > 0
    else { return 0 }
    return products / count
  }
}
