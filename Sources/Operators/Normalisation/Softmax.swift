import Glibc
import GraphIR
import LoopIR
import Tensors

/// `exp(x) / Σ exp(x)` along an axis, or its logarithm; large inputs do not overflow. A NaN or positive infinity among the
/// inputs makes its whole row NaN, as does a row of nothing but negative infinities.
package struct Softmax: Operator {
  package static let name = "softmax"
  package static var attributes: [Attribute<Softmax>] { [.int("axis", \.axis), .bool("log", \.isLogarithm)] }
  package var axis = -1
  package var isLogarithm = false

  package init() {}
  package init(axis: Int, isLogarithm: Bool = false) {
    self.axis = axis
    self.isLogarithm = isLogarithm
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    guard x.dtype.isFloat else { throw Diagnostic("softmax of \(x)", hint: "cast it to a float type") }
    _ = try normalisedAxis(axis, rank: x.rank)
    return [TensorType(x.dtype, x.shape)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    let values = x.doubles
    var result = values
    for row in try ReducedAxes([axis], rank: x.rank).rows(x) {
      let peak = row.map { values[$0] }.max() ?? 0
      let sum = row.reduce(0) { $0 + exp(values[$1] - peak) }
      for at in row { result[at] = isLogarithm ? values[at] - peak - log(sum) : exp(values[at] - peak) / sum }
    }
    return [Tensor(x.dtype, x.dims, result)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let x = operands.input(0)
    let axes = ReducedAxes(settled: [axis], rank: x.rank)
    let (type, extent) = (x.dtype.accumulator, x.extent(axes.reduced[0]))
    return loops("i", axes.kept.map { x.shape[$0] }) { outer in
      unlessEmpty(x.shape[axes.reduced[0]]) {
        local("peak", type.lowest) { peak in
          loop("p", to: extent) { k in peak.set(maximum(peak.value, x[axes.merged(outer, [k])].converted(to: type))) }
          local("sum", .constant(0, type)) { sum in
            loop("e", to: extent) { k in
              local("exponential", .unary(.exp, x[axes.merged(outer, [k])].converted(to: type) - peak.value)) { exponential in
                if !isLogarithm { operands.workspaces[0].store([k], exponential.value) }
                sum.add(exponential.value)
              }
            }
            local("scale", isLogarithm ? .unary(.log, sum.value) : .constant(1, type) / sum.value) { scale in
              loop("k", to: extent) { k in
                let index = axes.merged(outer, [k])
                let result =
                  isLogarithm
                  ? x[index].converted(to: type) - peak.value - scale.value : operands.workspaces[0][k] * scale.value
                operands.store(index, result.converted(to: x.dtype))
              }
            }
          }
        }
      }
    }
  }

  /// The exponentials of one row.
  package func workspaces(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [TensorType] {
    guard !isLogarithm, let x = inputs[0] else { return [] }
    return [TensorType(x.dtype.accumulator, [x.shape[axis < 0 ? axis + x.rank : axis]])]
  }

  package func inPlaceInputs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [Int] { [0] }
}
