import GraphIR
import LoopIR
import Tensors

/// Each element `count` times in a row along an axis, as NumPy's repeat.
package struct Repeat: Operator {
  package static let name = "repeat"
  package static var attributes: [Attribute<Repeat>] { [.int("count", \.count), .int("axis", \.axis)] }
  package var count = 1
  package var axis = -1

  package init() {}
  package init(_ count: Int, axis: Int) {
    self.count = count
    self.axis = axis
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    try checkRepeats([count])
    var shape = x.shape
    shape[try normalisedAxis(axis, rank: x.rank)] *= Dim(count)
    return [TensorType(x.dtype, shape)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    let axis = try normalisedAxis(axis, rank: x.rank)
    return [
      x.rearranged(try resultDims(inputs)) { index in index.replacing(axis, with: index[axis] / count) }
    ]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let x = operands.input(0)
    let axis = axis < 0 ? axis + x.rank : axis
    let (outer, inner) = (Array(x.shape[...axis]), Array(x.shape[(axis + 1)...]))
    return loops("o", outer) { o in
      loop("r", to: .index(count)) { r in
        loops("i", inner) { i in
          operands.store(o.dropLast() + [o[axis] * .index(count) + r] + i, x[o + i])
        }
      }
    }
  }
}
