import Glibc
import LoopIR
import Tensors

extension Reduce.Function {
  package func accepts(_ dtype: DType) -> Bool {
    switch self {
    case .any, .all: dtype == .bool
    case .mean, .l2, .logSumExp: dtype.isFloat
    case .sum, .max, .min, .prod, .l1: dtype != .bool
    }
  }

  /// What to cast other types to.
  var hint: String {
    switch self {
    case .any, .all: "bool"
    case .mean, .l2, .logSumExp: "a float type"
    case .sum, .max, .min, .prod, .l1: "a number type"
    }
  }

  /// The result for no elements.
  func start(_ dtype: DType) -> Expr {
    switch self {
    case .sum, .mean, .l1, .l2, .logSumExp, .any: .constant(0, dtype)
    case .prod, .all: .constant(1, dtype)
    case .max: dtype.lowest
    case .min: dtype.highest
    }
  }

  /// The definition, on floats.
  func value(_ row: [Double]) -> Double {
    switch self {
    case .sum: return row.reduce(0, +)
    case .mean: return row.reduce(0, +) / Double(row.count)
    case .max: return row.filter { !$0.isNaN }.max() ?? -.infinity
    case .min: return row.filter { !$0.isNaN }.min() ?? .infinity
    case .prod: return row.reduce(1, *)
    case .l1: return row.reduce(0) { $0 + abs($1) }
    case .l2: return row.reduce(0) { $0 + $1 * $1 }.squareRoot()
    case .logSumExp:
      let peak = row.filter { $0.isFinite }.max() ?? 0
      return peak + log(row.reduce(0) { $0 + exp($1 - peak) })
    case .any, .all: preconditionFailure("\(self) acts on bool")
    }
  }

  /// The definition, on integers and bool; sums and products wrap.
  func value(_ row: [Int64], _ dtype: DType) -> Int64 {
    switch self {
    case .sum: row.reduce(0, &+)
    case .prod: row.reduce(1, &*)
    case .l1: row.reduce(0) { $0 &+ ($1 < 0 && dtype.isSigned ? 0 &- $1 : $1) }
    case .max, .min: extreme(row, dtype)
    case .any: row.contains { $0 != 0 } ? 1 : 0
    case .all: row.allSatisfy { $0 != 0 } ? 1 : 0
    case .mean, .l2, .logSumExp: preconditionFailure("\(self) acts on floats")
    }
  }

  private func extreme(_ row: [Int64], _ dtype: DType) -> Int64 {
    let isRising = { (a: Int64, b: Int64) in dtype == .uint64 ? UInt64(bitPattern: a) < UInt64(bitPattern: b) : a < b }
    let none = self == .max ? dtype.lowest : dtype.highest
    guard case .int(let start, _) = none else { preconditionFailure("\(self) of \(dtype)") }
    return (self == .max ? row.max(by: isRising) : row.min(by: isRising)) ?? start
  }
}
