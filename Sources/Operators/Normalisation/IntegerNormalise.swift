import GraphIR
import LoopIR
import Tensors

/// `(x - mean) / sqrt(variance + epsilon)` of codes over some axes without floats, in int32, in units of `2^-fractionBits`; `epsilon` is in
/// squares of a code's step. Without the mean, `(x - zero) / sqrt(mean of squares + epsilon)`. Rows whose codes are all equal give 0.
///
/// Sums and squares are exact; the root is right to 15 bits and the result is rounded down, so that each is off by at most `2^-14` of
/// itself and a unit. Codes are at most `reach(count)` away from `zero`: then nothing overflows.
package struct IntegerNormalise: Operator {
  package static let name = "integer_normalise"
  package static var attributes: [Attribute<IntegerNormalise>] {
    [.ints("axes", \.axes), .bool("subtract_mean", \.subtractsMean), .float("epsilon", \.epsilon), .int("zero", \.zero)]
  }
  package static let longestRow = 8192

  /// Empty: all axes.
  package var axes: [Int] = [-1]
  package var subtractsMean = true
  package var epsilon = 0.0
  /// The code of 0.
  package var zero = 0

  package init() {}
  package init(axes: [Int], subtractsMean: Bool = true, epsilon: Double, zero: Int) {
    self.axes = axes
    self.subtractsMean = subtractsMean
    self.epsilon = epsilon
    self.zero = zero
  }

  package var acceptsEpilogue: Bool { true }

  /// How far codes may lie from `zero` where so many are normalised: the sum of their squares is below `2^31`.
  package static func reach(_ count: Int) -> Int { min(Int((Double(Int32.max) / Double(max(count, 1))).squareRoot()), 32_767) }

  /// Of the result, for rows of so many.
  package static func fractionBits(_ count: Int) -> Int { 28 - (count.bitsOfRange + 1) / 2 }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    guard [.uint8, .int8, .int16].contains(x.dtype), x.dtype.integerRange.contains(Int64(zero)), epsilon >= 0, epsilon.isFinite else {
      throw Diagnostic(
        "\(x) around \(zero) is normalised with epsilon \(epsilon)", hint: "codes of 8 or 16 bits and a finite epsilon are expected")
    }
    let count = try ReducedAxes(axes, rank: x.rank).count(x.shape)
    guard let rows = count.constant, rows <= Self.longestRow else {
      throw Diagnostic("\(count) codes are normalised", hint: "at most \(Self.longestRow), a known number, are expected")
    }
    return [TensorType(.int32, x.shape)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    var values = x.integers.map { $0 - Int64(zero) }
    for row in try ReducedAxes(axes, rank: x.rank).rows(x) {
      let count = row.count
      let sum = subtractsMean ? row.reduce(0) { $0 + values[$1] } : 0
      // As int32 holds it.
      let squares = Int64(Int32(truncatingIfNeeded: row.reduce(0) { $0 + values[$1] * values[$1] }))
      let root = ReciprocalRoot(max(Int64(count) * squares - sum * sum + addend(count), 1))
      let factor = Int32(truncatingIfNeeded: Int64(1) << max(Int64(Self.fractionBits(count)) + 1 - root.halfExponent, 0))
      for at in row {
        let distance = Int32(truncatingIfNeeded: Int64(count) * values[at] - sum) &* factor
        values[at] = (Int64(distance) * root.multiplier) >> 32
      }
    }
    return [Tensor(.int32, x.dims, integers: values)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let x = operands.input(0)
    let axes = ReducedAxes(settled: axes, rank: x.rank)
    let count = axes.count(x.shape).constant ?? 0
    guard count > 0 else { return [] }
    let inner = axes.reduced.map { x.shape[$0] }
    let element = { (index: [Expr]) in x[index].converted(to: .int32) - .int(Int64(zero), .int32) }
    return loops("i", axes.kept.map { x.shape[$0] }) { outer in
      local("sum", .int(0, .int32)) { sum in
        if subtractsMean { loops("m", inner) { k in sum.add(element(axes.merged(outer, k))) } }
        local("squares", .int(0, .int32)) { squares in
          loops("q", inner) { k in
            local("code", element(axes.merged(outer, k))) { squares.addProduct($0.value, $0.value) }
          }
          local("variance", variance(squares.value, sum.value, count)) { variance in
            ReciprocalRoot.nest(variance.value) { multiplier, half in
              local("factor", factor(half, count)) { factor in
                loops("k", inner) { k in
                  let index = axes.merged(outer, k)
                  let distance = element(index) * .int(Int64(count), .int32) - sum.value
                  operands.store(index, .binary(.multiplyHigh, distance * factor.value, multiplier))
                }
              }
            }
          }
        }
      }
    }
  }

  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim { outputs[0].shape.elementCount * 2 }

  /// The variance with epsilon, times the square of the count; at least 1.
  private func variance(_ squares: Expr, _ sum: Expr, _ count: Int) -> Expr {
    let product = Expr.int(Int64(count), .int64) * .cast(.int64, squares)
    let centred = subtractsMean ? product - .cast(.int64, sum) * .cast(.int64, sum) : product
    return maximum(centred + .int(addend(count), .int64), .int(1, .int64))
  }

  /// How far distances from the mean are moved to the left.
  private func factor(_ half: Expr, _ count: Int) -> Expr {
    let shift = maximum(.int(Int64(Self.fractionBits(count)) + 1, .int64) - half, .int(0, .int64))
    return .cast(.int32, .binary(.shiftLeft, .int(1, .int64), shift))
  }

  /// What epsilon adds. So large a one that distances would count as nothing is cut.
  private func addend(_ count: Int) -> Int64 {
    Int64(min((epsilon * Double(count) * Double(count)).rounded(), 0x1p40))
  }
}
