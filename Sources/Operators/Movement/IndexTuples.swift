import GraphIR
import LoopIR
import Tensors

/// How `data` of the shape `[B…, D…, R…]` is reached by indices `[B…, I…, K]`: each row of the last axis names one element of the
/// `K` axes `D…`, and with it all of `R…`. The first `batchAxes` axes are common to both.
struct IndexTuples {
  let batchAxes: Int
  /// Axes that a row names.
  let depth: Int
  /// Of data and indices together.
  let outer: Shape
  /// What a row stands for.
  let rest: Shape

  init(_ data: TensorType, _ indices: TensorType, batchAxes: Int = 0) throws(Diagnostic) {
    try checkIndices(indices)
    guard let depth = indices.shape.last?.constant, depth > 0 else {
      throw Diagnostic("the indices are \(indices)", hint: "their last axis holds one index or more, and its extent must be known")
    }
    guard (0..<indices.rank).contains(batchAxes), batchAxes + depth <= data.rank else {
      throw Diagnostic(
        "rows of \(depth) indices behind \(batchAxes) common axes for \(data)", hint: "the tensor must have as many axes")
    }
    guard data.shape[..<batchAxes] == indices.shape[..<batchAxes] else {
      throw Diagnostic("\(data) and the indices \(indices) share their first \(batchAxes) axes", hint: "these must be equal")
    }
    self.init(settled: data, indices, batchAxes, depth)
  }

  /// For types that have passed the other.
  init(settled data: TensorType, _ indices: TensorType, batchAxes: Int = 0) {
    self.init(settled: data, indices, batchAxes, indices.shape.last?.constant ?? 1)
  }

  private init(settled data: TensorType, _ indices: TensorType, _ batchAxes: Int, _ depth: Int) {
    self.batchAxes = batchAxes
    self.depth = depth
    outer = indices.shape.dropLast()
    rest = Array(data.shape[(batchAxes + depth)...])
  }

  /// The axes of the data that the index at `position` of a row is for.
  func axis(_ position: Int) -> Int { batchAxes + position }
}
