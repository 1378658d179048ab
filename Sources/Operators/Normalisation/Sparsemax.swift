import GraphIR
import LoopIR
import Tensors

/// The point of the probability simplex nearest to the inputs along an axis: `max(x - t, 0)`, where `t` makes the sum 1
/// (Martins and Astudillo 2016). Takes time in the square of the extent, and no memory.
package struct Sparsemax: Operator {
  package static let name = "sparsemax"
  package static var attributes: [Attribute<Sparsemax>] { [.int("axis", \.axis)] }
  package var axis = -1

  package init() {}
  package init(axis: Int) { self.axis = axis }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    guard x.dtype.isFloat else { throw Diagnostic("sparsemax of \(x)", hint: "cast it to a float type") }
    _ = try normalisedAxis(axis, rank: x.rank)
    return [TensorType(x.dtype, x.shape)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    var values = x.doubles
    for row in try ReducedAxes([axis], rank: x.rank).rows(x) {
      var (sum, threshold) = (0.0, 0.0)
      for (position, value) in row.map({ values[$0] }).sorted(by: >).enumerated() {
        sum += value
        if 1 + Double(position + 1) * value > sum { threshold = (sum - 1) / Double(position + 1) }
      }
      for at in row { values[at] = max(values[at] - threshold, 0) }
    }
    return [Tensor(x.dtype, x.dims, values)]
  }

  /// An element is in the support if `1 + n z > s`, where `n` elements, with the sum `s`, are not less than it. All are taken
  /// relative to the greatest, which keeps the sums precise.
  package func lower(_ operands: Operands) -> [Stmt] {
    let x = operands.input(0)
    let axes = ReducedAxes(settled: [axis], rank: x.rank)
    return loops("i", axes.kept.map { x.shape[$0] }) { outer in
      unlessEmpty(x.shape[axes.reduced[0]]) { row(x, axes, outer, operands) }
    }
  }

  private func row(_ x: TensorView, _ axes: ReducedAxes, _ outer: [Expr], _ operands: Operands) -> [Stmt] {
    let (type, extent) = (x.dtype.accumulator, x.extent(axes.reduced[0]))
    let (zero, one) = (Expr.constant(0, type), Expr.constant(1, type))
    let element = { (k: Expr) in x[axes.merged(outer, [k])].converted(to: type) }
    return local("peak", type.lowest) { peak in
      loop("p", to: extent) { k in peak.set(maximum(peak.value, element(k))) }
      local("support", zero) { support in
        local("total", zero) { total in
          loop("c", to: extent) { c in
            local("z", element(c) - peak.value) { z in
              local("count", zero) { count in
                local("sum", zero) { sum in
                  loop("k", to: extent) { k in
                    local("other", element(k) - peak.value) { other in
                      count.add(.select(other.value .>= z.value, one, zero))
                      sum.add(.select(other.value .>= z.value, other.value, zero))
                    }
                  }
                  local("counts", .select(.multiplyAdd(count.value, z.value, one) .> sum.value, one, zero)) { counts in
                    support.add(counts.value)
                    total.add(.select(counts.value .> zero, z.value, zero))
                  }
                }
              }
            }
          }
          local("threshold", (total.value - one) / support.value) { threshold in
            loop("s", to: extent) { k in
              operands.store(
                axes.merged(outer, [k]), maximum(element(k) - peak.value - threshold.value, zero).converted(to: x.dtype))
            }
          }
        }
      }
    }
  }
}
