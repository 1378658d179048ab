import LoopIR
import Tensors

/// What becomes of the elements under a window. Elements in the padding are none.
package enum PoolKind: String, Hashable, Sendable, CaseIterable {
  /// The greatest; NaNs are passed over, and of nothing it is minus infinity.
  case max
  case sum
  /// The sum over their number; of nothing it is zero.
  case average
  /// The one in the middle, or the mean of the two there. NaNs come last in order; of nothing it is NaN.
  case median
  /// The root of the sum of squares.
  case l2
}

extension PoolKind {
  /// The definition. `divisor` is what an average divides by.
  func meaning(_ values: [Double], divisor: Int) -> Double {
    switch self {
    case .max: return values.reduce(-.infinity) { $1 > $0 ? $1 : $0 }
    case .sum: return values.reduce(0, +)
    case .average: return values.reduce(0, +) / Double(Swift.max(divisor, 1))
    case .l2: return values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    case .median:
      if values.isEmpty { return .nan }
      let sorted = values.sorted { $0 < $1 || $1.isNaN && !$0.isNaN }
      return sorted[(values.count - 1) / 2] * 0.5 + sorted[values.count / 2] * 0.5
    }
  }

  func check(_ dtype: DType) throws(Diagnostic) {
    let isKnown = dtype.isFloat || dtype.isInteger && (self == .max || self == .sum || self == .average)
    guard !isKnown else { return }
    throw Diagnostic("\(rawValue) pooling of \(dtype)", hint: dtype == .bool ? "cast it to numbers" : "cast it to a float type")
  }
}

/// The part of a pooling nest that stands under the loops over outputs.
struct PoolNest {
  let kind: PoolKind
  let dtype: DType
  /// How many elements the window holds.
  let count: Expr
  /// What an average divides by.
  let divisor: Expr
  /// Loops over the elements of the window, their names made unique by a prefix.
  let overElements: (_ prefix: String, _ body: (Expr) -> [Stmt]) -> [Stmt]

  /// Statements that compute the value of one output and hand it to `store`.
  func reduced(_ store: (Expr) -> Stmt) -> [Stmt] {
    func finish(_ value: Expr) -> Stmt { store(value.converted(to: dtype)) }
    let zero = Expr.constant(0, wide)
    switch kind {
    case .max: return folded(from: dtype.accumulator.lowest, { maximum($0, $1) }, finish)
    case .sum: return folded(from: zero, { $0 + $1 }, finish)
    case .average: return folded(from: zero, { $0 + $1 }, { finish($0 / divisor.converted(to: wide)) })
    case .l2: return folded(from: zero, { .multiplyAdd($1, $1, $0) }, { finish(.unary(.sqrt, $0)) })
    case .median: return median(finish)
    }
  }

  /// The type in which sums are kept: those of short integers need more room.
  private var wide: DType { dtype.isInteger && dtype.byteCount < 4 ? .int32 : dtype.accumulator }

  private func folded(from first: Expr, _ combine: @escaping (Expr, Expr) -> Expr, _ finish: (Expr) -> Stmt) -> [Stmt] {
    local("result", first) { result in
      overElements("r") { [result.set(combine(result.value, $0.converted(to: first.dtype)))] }
      finish(result.value)
    }
  }

  /// Without storage: an element is in the middle if as many are less as stand before the middle. Counts are kept in the type of the
  /// elements, so that all of it runs in vectors.
  private func median(_ finish: (Expr) -> Stmt) -> [Stmt] {
    let (zero, one) = (Expr.constant(0, wide), Expr.constant(1, wide))
    let before = [(count - 1) / 2, count / 2].map { $0.converted(to: wide) }
    return local("lower", .constant(.nan, wide)) { lower in
      local("upper", .constant(.nan, wide)) { upper in
        overElements("r") { element in
          let value = element.converted(to: wide)
          return local("less", zero) { less in
            local("notGreater", zero) { notGreater in
              overElements("q") { other in
                [
                  less.add(.select(other.converted(to: wide) .< value, one, zero)),
                  notGreater.add(.select(other.converted(to: wide) .<= value, one, zero)),
                ]
              }
              for (place, result) in zip(before, [lower, upper]) {
                result.set(.select((less.value .<= place) .&& (place .< notGreater.value), value, result.value))
              }
            }
          }
        }
        finish(.constant(0.5, wide) * lower.value + .constant(0.5, wide) * upper.value)
      }
    }
  }
}
