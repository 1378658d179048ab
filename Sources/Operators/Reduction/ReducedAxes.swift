import GraphIR
import LoopIR
import Tensors

/// The axes that an operator runs along, and those that it keeps.
struct ReducedAxes {
  let rank: Int
  /// In rising order.
  let reduced: [Int]

  /// `axes` may be negative; where there are none, all are meant.
  init(_ axes: [Int], rank: Int) throws(Diagnostic) {
    self.rank = rank
    reduced = axes.isEmpty ? Array(0..<rank) : try distinctAxes(axes, rank: rank).sorted()
  }

  /// For axes that have passed `init`.
  init(settled axes: [Int], rank: Int) {
    self.rank = rank
    reduced = axes.isEmpty ? Array(0..<rank) : axes.map { $0 < 0 ? $0 + rank : $0 }.sorted()
  }

  var kept: [Int] { (0..<rank).filter { !reduced.contains($0) } }

  func shape(_ shape: Shape, keepDims: Bool) -> Shape {
    keepDims ? shape.indices.map { reduced.contains($0) ? 1 : shape[$0] } : kept.map { shape[$0] }
  }

  /// The number of elements along the reduced axes.
  func count(_ shape: Shape) -> Dim { reduced.map { shape[$0] }.elementCount }

  /// An index of the whole tensor from those along kept and reduced axes.
  func merged<T>(_ outer: [T], _ inner: [T]) -> [T] {
    zip(kept + reduced, outer + inner).sorted { $0.0 < $1.0 }.map(\.1)
  }

  /// For each index along the kept axes, the elements along the reduced ones, in row-major order.
  func rows(_ tensor: Tensor) -> [[Int]] {
    let strides = rowMajorStrides(tensor.dims)
    func offsets(_ axes: [Int]) -> [Int] {
      Indices(axes.map { tensor.dims[$0] }).map { index in zip(index, axes).reduce(0) { $0 + $1.0 * strides[$1.1] } }
    }
    let inner = offsets(reduced)
    return offsets(kept).map { start in inner.map { start + $0 } }
  }
}
