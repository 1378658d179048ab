import GraphIR
import LoopIR
import Tensors

/// The first `lengths[b]` elements along the time axis in reverse order, for each index `b` of the batch axis; those behind them
/// stay. A length below zero is none, and one beyond the axis is all of it.
package struct ReverseSequence: Operator {
  package static let name = "reverse_sequence"
  package static var attributes: [Attribute<ReverseSequence>] { [.int("batch_axis", \.batchAxis), .int("time_axis", \.timeAxis)] }
  package var batchAxis = 0
  package var timeAxis = 1

  package init() {}
  package init(batchAxis: Int, timeAxis: Int) {
    self.batchAxis = batchAxis
    self.timeAxis = timeAxis
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (x, lengths) = (try inputs.required(0), try inputs.required(1))
    let axes = try distinctAxes([batchAxis, timeAxis], rank: x.rank)
    try checkIndices(lengths)
    guard lengths.shape == [x.shape[axes[0]]] else {
      throw Diagnostic("the lengths are \(lengths)", hint: "there must be one for each of the \(x.shape[axes[0]]) sequences")
    }
    return [TensorType(x.dtype, x.shape)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (x, lengths) = (try inputs.required(0), try inputs.required(1).integers)
    let axes = try distinctAxes([batchAxis, timeAxis], rank: x.rank)
    return [
      x.rearranged(x.dims) { index in
        let (length, time) = (min(lengths[index[axes[0]]], Int64(x.dims[axes[1]])), index[axes[1]])
        return Int64(time) < length ? index.replacing(axes[1], with: Int(length) - 1 - time) : index
      }
    ]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (x, lengths) = (operands.input(0), operands.input(1))
    let axes = [batchAxis, timeAxis].map { $0 < 0 ? $0 + x.rank : $0 }
    return loops("i", x.shape) { index in
      local("length", bounded(lengths[index[axes[0]]], x.extent(axes[1]))) { length in
        let time = index[axes[1]]
        operands.store(index, x[index.replacing(axes[1], with: .select(time .< length.value, length.value - 1 - time, time))])
      }
    }
  }

  /// At least 0 and at most `extent`, as an index.
  private func bounded(_ length: Expr, _ extent: Expr) -> Expr {
    let type: DType = length.dtype.byteCount < 4 || length.dtype == .int32 ? .int32 : .int64
    return minimum(maximum(length.converted(to: type), .constant(0, type)), extent.converted(to: type)).converted(to: .int32)
  }
}
