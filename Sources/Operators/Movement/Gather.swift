import GraphIR
import LoopIR
import Tensors

/// Elements of `data` along an axis at the positions that `indices` names: `[…, N, …]` and indices of any shape `[I…]` give
/// `[…, I…, …]`. Negative indices count from the end; what is then still outside is moved to the nearest end (Keras and ONNX
/// leave it undefined), so that no index reads foreign memory; of an axis without elements all are 0.
package struct Gather: Operator {
  package static let name = "gather"
  package static var attributes: [Attribute<Gather>] { [.int("axis", \.axis)] }
  package var axis = 0

  package init() {}
  package init(axis: Int) { self.axis = axis }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (data, indices) = (try inputs.required(0), try inputs.required(1))
    let axis = try normalisedAxis(axis, rank: data.rank)
    try checkIndices(indices)
    return [TensorType(data.dtype, Array(data.shape[..<axis] + indices.shape + data.shape[(axis + 1)...]))]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (data, indices) = (try inputs.required(0), try inputs.required(1))
    let axis = try normalisedAxis(axis, rank: data.rank)
    let positions = indices.integers.map { clampedIndex($0, data.dims[axis]) }
    let strides = rowMajorStrides(indices.dims)
    return [
      data.rearranged(try resultDims(inputs)) { index in
        let inner = index[axis..<axis + indices.rank]
        let position = positions[zip(inner, strides).reduce(0) { $0 + $1.0 * $1.1 }]
        return index[..<axis] + [position] + index[(axis + indices.rank)...]
      }
    ]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (data, indices) = (operands.input(0), operands.input(1))
    let axis = axis < 0 ? axis + data.rank : axis
    return operands.unlessEmpty(data.shape[axis]) {
      loops("o", Array(data.shape[..<axis])) { outer in
        loops("n", indices.shape) { middle in
          local("at", clampedIndex(indices[middle], data.extent(axis))) { at in
            loops("i", Array(data.shape[(axis + 1)...])) { inner in
              operands.store(outer + middle + inner, data[outer + [at.value] + inner])
            }
          }
        }
      }
    }
  }
}
