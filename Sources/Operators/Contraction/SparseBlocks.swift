import GraphIR
import LoopIR
import Tensors

// What products share that deal their outputs out to blocks of lanes.

extension Operands {
  /// The sums that `products` computes and hands over with their row and place. Blocks are computed whole, and stored as far as there are
  /// outputs.
  func storingBlocks(_ rows: Shape, outputs: Int, _ products: (_ store: ([Expr], Expr, Expr) -> Stmt) -> [Stmt]) -> [Stmt] {
    guard let sums = workspaces.first else {
      return products { row, n, sum in store(row + [n], sum) }
    }
    return products { row, n, sum in sums.store(row + [n], sum) }
      + loops("r", rows) { row in
        loop("n", to: .index(outputs)) { n in store(row + [n], sums[row + [n]]) }
      }
  }
}

extension TensorType {
  /// Throws where a table of such a product has none of the element types, or another shape.
  func checkTable(_ name: String, _ dtypes: [DType], _ shape: Shape) throws(Diagnostic) {
    guard dtypes.contains(dtype), self.shape == shape else {
      throw Diagnostic("the \(name) are \(self)", hint: "\(TensorType(dtypes[0], shape)) is expected")
    }
  }
}
