import GraphIR
import LoopIR
import Tensors

/// `data` with one update for each index: `result[i…, indices[i…, k, j…], j…] = updates[i…, k, j…]`. Indices and updates have one
/// shape, which no axis but `axis` makes larger than that of the data. Negative indices count from the end; updates whose index
/// names no element are left out (ONNX leaves them undefined).
package struct ScatterElements: Operator {
  package static let name = "scatter_elements"
  package static var attributes: [Attribute<ScatterElements>] { [.int("axis", \.axis), .choice("reduction", \.reduction)] }
  package var axis = 0
  package var reduction = ScatterReduction.none

  package init() {}
  package init(axis: Int, _ reduction: ScatterReduction = .none) {
    self.axis = axis
    self.reduction = reduction
  }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (data, indices, updates) = (try inputs.required(0), try inputs.required(1), try inputs.required(2))
    let axis = try normalisedAxis(axis, rank: data.rank)
    try checkIndices(indices)
    try reduction.check(data.dtype)
    guard updates.dtype == data.dtype, updates.shape == indices.shape, indices.rank == data.rank else {
      throw Diagnostic(
        "\(updates) are scattered into \(data) at \(indices)", hint: "the three need one rank, updates and indices one shape")
    }
    for other in data.shape.indices where other != axis && ((data.shape[other] - indices.shape[other]).constant ?? 0) < 0 {
      throw Diagnostic("axis \(other) of the indices \(indices) is longer than that of \(data)", hint: "it must not be")
    }
    return [TensorType(data.dtype, data.shape)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (data, indices, updates) = (try inputs.required(0), try inputs.required(1), try inputs.required(2))
    let axis = try normalisedAxis(axis, rank: data.rank)
    let strides = rowMajorStrides(data.dims)
    let places = zip(Indices(indices.dims), indices.integers).map { index, named -> Int? in
      guard let at = containedIndex(named, data.dims[axis]) else { return nil }
      let place = index.replacing(axis, with: at)
      return zip(place, data.dims).allSatisfy { $0 < $1 } ? zip(place, strides).reduce(0) { $0 + $1.0 * $1.1 } : nil
    }
    return [reduction.scattered(data, updates, places)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (data, indices, updates, output) = (operands.input(0), operands.input(1), operands.input(2), operands.output)
    let axis = axis < 0 ? axis + data.rank : axis
    return copied(operands)
      + loops("i", indices.shape) { index in
        local("at", indexFromFront(indices[index], data.extent(axis))) { at in
          // Where an open extent may turn out to be shorter, every index is looked at.
          let unsure = index.indices.filter { $0 != axis && (data.shape[$0] - indices.shape[$0]).constant == nil }
          branch(unsure.reduce(isContained(at.value, data.extent(axis))) { $0 .&& (index[$1] .< data.extent($1)) }) {
            let place = index.replacing(axis, with: at.value.converted(to: .int32))
            output.store(place, reduction.combined(output[place], updates[index]))
          }
        }
      }
  }

  package func inPlaceInputs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [Int] { [0] }
}
