import GraphIR
import LoopIR
import Tensors

/// Inputs one after the other along an axis; their other extents are equal.
package struct Concatenate: Operator {
  package static let name = "concatenate"
  package static var attributes: [Attribute<Concatenate>] { [.int("axis", \.axis)] }
  package var axis = -1

  package init() {}
  package init(axis: Int) { self.axis = axis }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    var result = try inputs.required(0)
    let axis = try normalisedAxis(axis, rank: result.rank)
    for position in inputs.indices.dropFirst() {
      let next = try inputs.required(position)
      var expected = result.shape
      if next.rank == result.rank { expected[axis] = next.shape[axis] }
      guard next.dtype == result.dtype, next.shape == expected else {
        throw Diagnostic(
          "\(next) is joined to \(result) along axis \(axis)", hint: "element types, ranks and all other extents must be equal")
      }
      result.shape[axis] += next.shape[axis]
    }
    return [TensorType(result.dtype, result.shape)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let tensors = inputs.compactMap { $0 }
    let dims = try resultDims(inputs)
    let axis = try normalisedAxis(axis, rank: dims.count)
    let inner = dims[(axis + 1)...].reduce(tensors[0].dtype.byteCount, *)
    var bytes: [UInt8] = []
    for outer in 0..<dims[..<axis].reduce(1, *) {
      for tensor in tensors {
        let size = tensor.dims[axis] * inner
        bytes += tensor.bytes[outer * size..<(outer + 1) * size]
      }
    }
    return [Tensor(tensors[0].dtype, dims, bytes: bytes)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let axis = axis < 0 ? axis + operands.output.rank : axis
    var start: Dim = 0
    var parts: [Stmt] = []
    for position in operands.inputs.indices {
      let input = operands.input(position)
      parts += loops("i\(position)_", input.shape) { index in
        operands.store(index.replacing(axis, with: index[axis] + Expr(start)), input[index])
      }
      start += input.shape[axis]
    }
    return parts
  }

  package func aliasing(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Aliasing {
    .concatenation(axis: axis < 0 ? axis + outputs[0].rank : axis)
  }
}
