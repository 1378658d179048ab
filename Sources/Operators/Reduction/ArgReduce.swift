import GraphIR
import LoopIR
import Tensors

/// The index of the greatest or least element along an axis; of equal ones the first, or the last, of none 0. A NaN counts as the infinity that
/// loses.
package struct ArgReduce: Operator {
  package enum Function: String, CaseIterable, Sendable { case max, min }

  package static let name = "arg_reduce"
  package static var attributes: [Attribute<ArgReduce>] {
    [
      .choice("function", \.function), .int("axis", \.axis), .bool("keep_dims", \.keepDims), .choice("dtype", \.dtype),
      .bool("last", \.takesLast),
    ]
  }
  package var function = Function.max
  package var axis = -1
  /// The axis stays, with extent 1.
  package var keepDims = false
  /// The type of the result: int32 or int64.
  package var dtype = DType.int32
  /// Of equal elements the last is taken.
  package var takesLast = false

  package init() {}
  package init(_ function: Function, axis: Int, keepDims: Bool = false, dtype: DType = .int32, takesLast: Bool = false) {
    self.function = function
    self.axis = axis
    self.keepDims = keepDims
    self.dtype = dtype
    self.takesLast = takesLast
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
      return Int64((takesLast ? values.lastIndex { $0 == best } : values.firstIndex { $0 == best }) ?? 0)
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
            local("candidate", candidate(x[axes.merged(outer, [k])].converted(to: type))) { candidate in
              local("wins", .compare(comparison, candidate.value, best.value)) { wins in
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

extension ArgReduce {
  private var comparison: Comparison {
    switch function {
    case .max: takesLast ? .greaterOrEqual : .greater
    case .min: takesLast ? .lessOrEqual : .less
    }
  }

  /// The element, or where it is NaN and not left out by its comparison the infinity that loses.
  private func candidate(_ value: Expr) -> Expr {
    guard takesLast, value.dtype.isFloat else { return value }
    return .select(.unary(.isNaN, value), function == .max ? value.dtype.lowest : value.dtype.highest, value)
  }
}

/// Indices that an operator gives are int32 or int64.
func checkIndexType(_ dtype: DType) throws(Diagnostic) {
  guard dtype == .int32 || dtype == .int64 else { throw Diagnostic("indices of the type \(dtype) are asked for", hint: "int32 or int64") }
}
