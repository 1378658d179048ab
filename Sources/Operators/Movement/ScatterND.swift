import GraphIR
import LoopIR
import Tensors

/// `data` `[D…, R…]` with `updates` `[I…, R…]` at the places that `indices` `[I…, K]` names: each row of its last axis holds one
/// index for each of the `K` axes `D…`. Negative indices count from the end; rows that name no element are left out (ONNX leaves
/// them undefined).
package struct ScatterND: Operator {
  package static let name = "scatter_nd"
  package static var attributes: [Attribute<ScatterND>] { [.choice("reduction", \.reduction)] }
  package var reduction = ScatterReduction.none

  package init() {}
  package init(_ reduction: ScatterReduction) { self.reduction = reduction }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (data, indices, updates) = (try inputs.required(0), try inputs.required(1), try inputs.required(2))
    let tuples = try IndexTuples(data, indices)
    try reduction.check(data.dtype)
    guard updates.dtype == data.dtype, updates.shape == tuples.outer + tuples.rest else {
      throw Diagnostic("the updates are \(updates)", hint: "they must be \(TensorType(data.dtype, tuples.outer + tuples.rest))")
    }
    return [TensorType(data.dtype, data.shape)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (data, indices, updates) = (try inputs.required(0), try inputs.required(1), try inputs.required(2))
    let tuples = try IndexTuples(data.type, indices.type)
    let (named, strides) = (indices.integers, rowMajorStrides(data.dims))
    let part = data.dims[tuples.depth...].reduce(1, *)
    let places = (0..<indices.dims.dropLast().reduce(1, *)).flatMap { row in
      let start = (0..<tuples.depth).reduce(0 as Int?) { sum, axis in
        let at = containedIndex(named[row * tuples.depth + axis], data.dims[axis])
        return sum.flatMap { sum in at.map { sum + $0 * strides[axis] } }
      }
      return (0..<part).map { within in start.map { $0 + within } }
    }
    return [reduction.scattered(data, updates, places)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (data, indices, updates) = (operands.input(0), operands.input(1), operands.input(2))
    let (output, tuples) = (operands.output, IndexTuples(settled: data.type, indices.type))
    let axes = 0..<tuples.depth
    return copied(operands)
      + loops("n", tuples.outer) { n in
        locals("at", axes.map { indexFromFront(indices[n + [.index($0)]], data.extent($0)) }) { at in
          branch(axes.dropFirst().reduce(isContained(at[0], data.extent(0))) { $0 .&& isContained(at[$1], data.extent($1)) }) {
            loops("i", tuples.rest) { inner in
              let place = at.map { $0.converted(to: .int32) } + inner
              output.store(place, reduction.combined(output[place], updates[n + inner]))
            }
          }
        }
      }
  }

  package func inPlaceInputs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [Int] { [0] }
}
