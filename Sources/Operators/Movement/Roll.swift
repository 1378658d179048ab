import GraphIR
import LoopIR
import Tensors

/// The elements moved on by `shifts[k]` along `axes[k]`; those that leave at one end enter at the other.
package struct Roll: Operator {
  package static let name = "roll"
  package static var attributes: [Attribute<Roll>] { [.ints("shifts", \.shifts), .ints("axes", \.axes)] }
  package var shifts: [Int] = []
  package var axes: [Int] = []

  package init() {}
  package init(_ shifts: [Int], axes: [Int]) {
    self.shifts = shifts
    self.axes = axes
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    _ = try distinctAxes(axes, rank: x.rank)
    guard shifts.count == axes.count, shifts.allSatisfy({ $0.magnitude < 1 << 20 }) else {
      throw Diagnostic("\(shifts) are the shifts of axes \(axes)", hint: "there must be one for each axis, below 2^20")
    }
    return [TensorType(x.dtype, x.shape)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    let shifts = shiftOfAxis(x.rank)
    return [
      x.rearranged(x.dims) { index in
        index.indices.map { axis in
          let source = (index[axis] - shifts[axis]) % x.dims[axis]
          return source < 0 ? source + x.dims[axis] : source
        }
      }
    ]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let x = operands.input(0)
    let shifts = shiftOfAxis(x.rank)
    return loops("i", x.shape) { index in
      operands.store(index, x[index.indices.map { source(index[$0], shifts[$0], x.shape[$0]) }])
    }
  }

  private func source(_ index: Expr, _ shift: Int, _ extent: Dim) -> Expr {
    if extent == 0 { return index }
    if let extent = extent.constant {
      let back = shift - shift.flooredDivision(by: extent) * extent
      return back == 0 ? index : (index + .index(extent - back)) % .index(extent)
    }
    // Where there is an index, the extent is 1 or more: `shift` of them keep the numerator from being negative.
    return shift <= 0 ? (index + .index(-shift)) % Expr(extent) : (index + .index(shift) * Expr(extent) - .index(shift)) % Expr(extent)
  }

  private func shiftOfAxis(_ rank: Int) -> [Int] {
    var result = [Int](repeating: 0, count: rank)
    for (axis, shift) in zip(axes, shifts) { result[axis < 0 ? axis + rank : axis] = shift }
    return result
  }
}
