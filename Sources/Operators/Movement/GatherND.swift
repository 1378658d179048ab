import GraphIR
import LoopIR
import Tensors

/// Elements or parts of `data` `[B…, D…, R…]` at places that `indices` `[B…, I…, K]` names: each row of its last axis holds one
/// index for each of the `K` axes `D…`. The result is `[B…, I…, R…]`. Indices outside of an axis are treated as `Gather` does.
package struct GatherND: Operator {
  package static let name = "gather_nd"
  package static var attributes: [Attribute<GatherND>] { [.int("batch_axes", \.batchAxes)] }
  /// Leading axes `B…` that data and indices share.
  package var batchAxes = 0

  package init() {}
  package init(batchAxes: Int) { self.batchAxes = batchAxes }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (data, indices) = (try inputs.required(0), try inputs.required(1))
    let tuples = try IndexTuples(data, indices, batchAxes: batchAxes)
    return [TensorType(data.dtype, tuples.outer + tuples.rest)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (data, indices) = (try inputs.required(0), try inputs.required(1))
    let tuples = try IndexTuples(data.type, indices.type, batchAxes: batchAxes)
    let (named, strides) = (indices.integers, rowMajorStrides(indices.dims))
    return [
      data.rearranged(try resultDims(inputs)) { index in
        let row = zip(index[..<tuples.outer.count], strides).reduce(0) { $0 + $1.0 * $1.1 }
        let places = (0..<tuples.depth).map { clampedIndex(named[row + $0], data.dims[tuples.axis($0)]) }
        return Array(index[..<batchAxes] + places + index[tuples.outer.count...])
      }
    ]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (data, indices) = (operands.input(0), operands.input(1))
    let tuples = IndexTuples(settled: data.type, indices.type, batchAxes: batchAxes)
    return operands.unlessEmpty(data.shape[batchAxes..<batchAxes + tuples.depth].reduce(1, *)) {
      loops("n", tuples.outer) { n in
        locals("at", (0..<tuples.depth).map { clampedIndex(indices[n + [.index($0)]], data.extent(tuples.axis($0))) }) { at in
          loops("i", tuples.rest) { inner in operands.store(n + inner, data[Array(n[..<batchAxes]) + at + inner]) }
        }
      }
    }
  }
}
