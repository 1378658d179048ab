import GraphIR
import LoopIR
import Tensors

/// The `count` greatest or least elements along an axis, best first, and their indices; equal ones in the order of the input.
/// With `count` equal to the extent it sorts. An open count takes no more than there are. A NaN counts as the infinity that loses. Takes time in `count` times the extent.
package struct TopK: Operator {
  package static let name = "top_k"
  package static var attributes: [Attribute<TopK>] {
    [
      .int("count", \.count), .dims("open_count", \.openCount), .int("axis", \.axis), .bool("largest", \.isLargest),
      .choice("dtype", \.dtype),
    ]
  }
  package var count = 1
  /// One extent in place of `count`, or nothing.
  package var openCount: Shape = []
  package var axis = -1
  package var isLargest = true
  /// The type of the indices: int32 or int64.
  package var dtype = DType.int32

  package init() {}
  package init(_ count: Int, axis: Int = -1, isLargest: Bool = true, dtype: DType = .int32) {
    self.count = count
    self.axis = axis
    self.isLargest = isLargest
    self.dtype = dtype
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    try checkIndexType(dtype)
    let axis = try normalisedAxis(axis, rank: x.rank)
    guard count >= 1, openCount.count <= 1, taken.constant ?? 0 <= x.shape[axis].constant ?? .max, taken.constant ?? 0 >= 0 else {
      throw Diagnostic("\(count) elements of axis \(axis) of \(x) are asked for", hint: "there must be that many")
    }
    let shape = x.shape.replacing(axis, with: taken)
    return [TensorType(x.dtype, shape), TensorType(dtype, shape)]
  }

  /// How many elements are taken.
  private var taken: Dim { openCount.first ?? Dim(count) }

  package func substituting(_ dims: [String: Dim]) -> TopK {
    var copy = self
    copy.openCount = openCount.map { $0.substituting(dims) }
    return copy
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    let dims = try resultDims(inputs)
    let keys = x.orderKeys(nanIsLowest: isLargest)
    let axes = try ReducedAxes([axis], rank: x.rank)
    let chosen = axes.rows(x).map { row in
      row.indices.sorted { a, b in
        let (p, q) = (keys[row[a]], keys[row[b]])
        return p == q ? a < b : isLargest ? p > q : p < q
      }
    }
    let kept = rowMajorStrides(axes.kept.map { x.dims[$0] })
    func position(_ index: [Int]) -> Int {
      let outer = zip(axes.kept, kept).reduce(0) { $0 + index[$1.0] * $1.1 }
      return chosen[outer][index[axes.reduced[0]]]
    }
    let values = x.rearranged(dims) { $0.replacing(axes.reduced[0], with: position($0)) }
    return [values, Tensor(dtype, dims, integers: Indices(dims).map { Int64(position($0)) })]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let x = operands.input(0)
    let axes = ReducedAxes(settled: [axis], rank: x.rank)
    let type = x.dtype.accumulator
    return loops("i", axes.kept.map { x.shape[$0] }) { outer in
      local("limit", isLargest ? type.highest : type.lowest) { limit in
        local("taken", -1) { taken in
          loop("j", to: openCount.isEmpty ? .index(count) : minimum(Expr(self.taken), x.extent(axes.reduced[0]))) { j in
            local("best", isLargest ? type.lowest : type.highest) { best in
              local("at", -1) { at in
                loop("k", to: x.extent(axes.reduced[0])) { k in
                  local("candidate", key(x[axes.merged(outer, [k])].converted(to: type))) { candidate in
                    local("wins", isFree(candidate, k, limit, taken) .&& isBetter(candidate, best, at)) { wins in
                      best.set(.select(wins.value, candidate.value, best.value))
                      at.set(.select(wins.value, k, at.value))
                    }
                  }
                }
                operands.store(axes.merged(outer, [j]), x[axes.merged(outer, [at.value])])
                operands.outputs[1].store(axes.merged(outer, [j]), at.value.converted(to: dtype))
                limit.set(best.value)
                taken.set(at.value)
              }
            }
          }
        }
      }
    }
  }

  package func nonNegative(_ inputs: [TensorType?]) -> [Dim] {
    guard let x = inputs[0], openCount.isEmpty else { return [] }
    return [x.shape[axis < 0 ? axis + x.rank : axis] - Dim(count)]
  }

  private func key(_ value: Expr) -> Expr {
    guard value.dtype.isFloat else { return value }
    return .select(.unary(.isNaN, value), isLargest ? value.dtype.lowest : value.dtype.highest, value)
  }

  /// The candidate comes after what was taken last.
  private func isFree(_ candidate: Local, _ k: Expr, _ limit: Local, _ taken: Local) -> Expr {
    let isBehind = Expr.compare(isLargest ? .less : .greater, candidate.value, limit.value)
    return .binary(.or, isBehind, (candidate.value .== limit.value) .&& (k .> taken.value))
  }

  private func isBetter(_ candidate: Local, _ best: Local, _ at: Local) -> Expr {
    .binary(.or, at.value .< 0, .compare(isLargest ? .greater : .less, candidate.value, best.value))
  }
}
