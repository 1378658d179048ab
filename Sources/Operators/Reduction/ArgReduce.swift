import GraphIR
import LoopIR
import Tensors

/// The index of the greatest or least element along an axis; of equal ones the first, of none 0. A NaN counts as the infinity that
/// loses.
package struct ArgReduce: Operator {
  package enum Function: String, CaseIterable, Sendable { case max, min }

  package static let name = "arg_reduce"
  package static var attributes: [Attribute<ArgReduce>] {
    [.choice("function", \.function), .int("axis", \.axis), .bool("keep_dims", \.keepDims), .choice("dtype", \.dtype)]
  }
  package var function = Function.max
  package var axis = -1
  /// The axis stays, with extent 1.
  package var keepDims = false
  /// The type of the result: int32 or int64.
  package var dtype = DType.int32

  package init() {}
  package init(_ function: Function, axis: Int, keepDims: Bool = false, dtype: DType = .int32) {
    self.function = function
    self.axis = axis
    self.keepDims = keepDims
    self.dtype = dtype
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    try checkIndexType(dtype)
    let axes = try ReducedAxes([try normalisedAxis(axis, rank: x.rank)], rank: x.rank)
    return [TensorType(dtype, axes.shape(x.shape, keepDims: keepDims))]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    let keys = x.orderKeys(nanIsLowest: function == .max)
    let found = try ReducedAxes([axis], rank: x.rank).rows(x).map { row in
      let values = row.map { keys[$0] }
      let best = function == .max ? values.max() : values.min()
      return Int64(values.firstIndex { $0 == best } ?? 0)
    }
    return [Tensor(dtype, try resultDims(inputs), integers: found)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let x = operands.input(0)
    let axes = ReducedAxes(settled: [axis], rank: x.rank)
    let type = x.dtype.accumulator
    return loops("i", axes.kept.map { x.shape[$0] }) { outer in
      local("best", function == .max ? type.lowest : type.highest) { best in
        local("at", 0) { at in
          loop("k", to: x.extent(axes.reduced[0])) { k in
            local("candidate", x[axes.merged(outer, [k])].converted(to: type)) { candidate in
              local("wins", .compare(function == .max ? .greater : .less, candidate.value, best.value)) { wins in
                best.set(.select(wins.value, candidate.value, best.value))
                at.set(.select(wins.value, k, at.value))
              }
            }
          }
          operands.store(keepDims ? axes.merged(outer, [0]) : outer, at.value.converted(to: dtype))
        }
      }
    }
  }
}

/// Indices that an operator gives are int32 or int64.
func checkIndexType(_ dtype: DType) throws(Diagnostic) {
  guard dtype == .int32 || dtype == .int64 else { throw Diagnostic("indices of the type \(dtype) are asked for", hint: "int32 or int64") }
}
