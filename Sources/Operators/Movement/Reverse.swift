import GraphIR
import LoopIR
import Tensors

/// The elements in reverse order along each of `axes`.
package struct Reverse: Operator {
  package static let name = "reverse"
  package static var attributes: [Attribute<Reverse>] { [.ints("axes", \.axes)] }
  /// Empty: all axes.
  package var axes: [Int] = []

  package init() {}
  package init(_ axes: [Int]) { self.axes = axes }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    _ = try distinctAxes(axes, rank: x.rank)
    return [TensorType(x.dtype, x.shape)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    return [x.rearranged(x.dims) { index in index.indices.map { isReversed($0, x.rank) ? x.dims[$0] - 1 - index[$0] : index[$0] } }]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let x = operands.input(0)
    return loops("i", x.shape) { index in
      operands.store(index, x[index.indices.map { isReversed($0, x.rank) ? x.extent($0) - 1 - index[$0] : index[$0] }])
    }
  }

  private func isReversed(_ axis: Int, _ rank: Int) -> Bool { axes.isEmpty || axes.contains(axis) || axes.contains(axis - rank) }
}
