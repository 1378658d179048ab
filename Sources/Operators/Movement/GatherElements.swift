import GraphIR
import LoopIR
import Tensors

/// One element of `data` for each index: `result[i…, k, j…] = data[i…, indices[i…, k, j…], j…]` (NumPy's take_along_axis). All
/// axes but `axis` broadcast. Indices outside of the axis are treated as `Gather` does.
package struct GatherElements: Operator {
  package static let name = "gather_elements"
  package static var attributes: [Attribute<GatherElements>] { [.int("axis", \.axis)] }
  package var axis = -1

  package init() {}
  package init(axis: Int) { self.axis = axis }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (data, indices) = (try inputs.required(0), try inputs.required(1))
    let axis = try normalisedAxis(axis, rank: data.rank)
    try checkIndices(indices)
    guard indices.rank == data.rank else {
      throw Diagnostic("\(indices) picks elements of \(data)", hint: "both need the same number of axes")
    }
    var aligned = data.shape
    aligned[axis] = indices.shape[axis]
    var shape = try Broadcasting.shape([aligned, indices.shape])
    shape[axis] = indices.shape[axis]
    return [TensorType(data.dtype, shape)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (data, indices) = (try inputs.required(0), try inputs.required(1))
    let axis = try normalisedAxis(axis, rank: data.rank)
    let dims = try resultDims(inputs)
    let positions = Broadcasting.expanded(indices, to: dims).integers
    let strides = rowMajorStrides(dims)
    return [
      data.rearranged(dims) { index in
        var source = zip(index, data.dims).map { $1 == 1 ? 0 : $0 }
        source[axis] = clampedIndex(positions[zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 }], data.dims[axis])
        return source
      }
    ]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (data, indices, output) = (operands.input(0), operands.input(1), operands.output)
    let axis = axis < 0 ? axis + data.rank : axis
    return operands.unlessEmpty(data.shape[axis]) {
      loops("i", output.shape) { index in
        local("at", clampedIndex(indices.broadcast(index, to: output.shape), data.extent(axis))) { at in
          operands.store(index, data[source(index, at.value, axis, data.shape, output.shape)])
        }
      }
    }
  }

  private func source(_ index: [Expr], _ at: Expr, _ axis: Int, _ shape: Shape, _ result: Shape) -> [Expr] {
    index.indices.map { $0 == axis ? at : shape[$0] == 1 && result[$0] != 1 ? 0 : index[$0] }
  }
}
