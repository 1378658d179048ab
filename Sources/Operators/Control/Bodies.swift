import GraphIR
import Tensors

extension Graph {
  /// The work of one run of a body.
  var macs: Dim {
    nodes.reduce(0) { $0 + $1.op.macs(types($1.operatorInputs), $1.outputs.map { type($0) }) }
  }

  /// The types of the outputs as tensors in row-major order.
  var outputTypes: [TensorType] {
    outputs.map { output in
      let type = type(output.value)
      return TensorType(type.dtype, type.shape)
    }
  }

  /// Refuses types that differ from those of the inputs from `first` on.
  func checkTakes(_ types: [TensorType], from first: Int = 0) throws(Diagnostic) {
    for (position, (found, id)) in zip(types, inputs.dropFirst(first)).enumerated() where !found.holdsSame(as: type(id)) {
      throw Diagnostic("input \(first + position) of the body \"\(printable(name))\" is \(found)", hint: "the body takes \(type(id))")
    }
  }
}

extension TensorType {
  /// The same elements, in memory of whatever layout.
  func holdsSame(as other: TensorType) -> Bool { dtype == other.dtype && shape == other.shape }

  /// One element of a type, in a tensor of any rank.
  func isSingle(_ dtype: DType) -> Bool { self.dtype == dtype && shape.allSatisfy { $0 == 1 } }
}

extension Tensor {
  /// Whether a condition holds: its one element is true.
  var holds: Bool { integers.first != 0 }
}
