import GraphIR
import LoopIR
import Tensors

/// A new axis of `depth` elements for each index: `on` at the position that it names, `off` elsewhere. An index that is
/// negative, or `depth` or more, gives `off` throughout, as in Keras.
package struct OneHot: Operator {
  package static let name = "one_hot"
  package static var attributes: [Attribute<OneHot>] {
    [.int("depth", \.depth), .int("axis", \.axis), .float("on", \.on), .float("off", \.off), .choice("dtype", \.dtype)]
  }
  package var depth = 1
  /// Where the new axis stands in the result.
  package var axis = -1
  package var on = 1.0
  package var off = 0.0
  package var dtype = DType.float32

  package init() {}
  package init(depth: Int, axis: Int = -1, on: Double = 1, off: Double = 0, dtype: DType = .float32) {
    self.depth = depth
    self.axis = axis
    self.on = on
    self.off = off
    self.dtype = dtype
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let indices = try inputs.required(0)
    try checkIndices(indices)
    guard (1..<1 << 31).contains(depth) else {
      throw Diagnostic("the depth is \(depth)", hint: "it must be between 1 and 2^31 - 1")
    }
    return [TensorType(dtype, indices.shape.inserting(Dim(depth), at: try normalisedAxis(axis, rank: indices.rank + 1)))]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let indices = try inputs.required(0)
    let dims = try resultDims(inputs)
    let axis = try normalisedAxis(axis, rank: dims.count)
    let named = indices.integers
    let inner = dims[(axis + 1)...].reduce(1, *)
    let values = (0..<dims.reduce(1, *)).map { position in
      let (block, within) = (position / (inner * depth), position % inner)
      return named[block * inner + within] == Int64(position / inner % depth) ? on : off
    }
    return [Tensor(dtype, dims, values)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (indices, output) = (operands.input(0), operands.output)
    let axis = axis < 0 ? axis + output.rank : axis
    let wide: DType = indices.dtype.byteCount < 4 || indices.dtype == .int32 ? .int32 : .int64
    return loops("i", output.shape) { index in
      let isHot = indices[index.removing(at: axis)].converted(to: wide) .== index[axis].converted(to: wide)
      operands.store(index, .select(isHot, .constant(on, dtype), .constant(off, dtype)))
    }
  }
}
