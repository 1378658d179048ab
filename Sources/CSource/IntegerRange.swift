import LoopIR
import Tensors

/// What is known of integers at one place of a kernel: it decides whether C's own arithmetic can overflow there.
struct IntegerKnowledge {
  /// The values of loop variables with constant bounds.
  var ranges: [String: ClosedRange<Int64>] = [:]
  /// Loop variables, open dimensions and locals made of them: the memory plan has made sure that index arithmetic fits.
  var indices: Set<String> = []

  /// Whether the expression is made of indices and literals alone.
  func isIndex(_ expr: Expr) -> Bool {
    switch expr {
    case .int(_, .int32): true
    case .variable(let variable): indices.contains(variable.name)
    case .binary, .unary, .select: expr.dtype == .int32 && expr.children.allSatisfy { isIndex($0) || $0.dtype == .bool }
    case .int, .float, .load, .multiplyAdd, .dot, .compare, .cast, .reinterpret, .broadcast, .reduce, .lookup: false
    }
  }

  /// The values that an integer expression can take.
  func range(_ expr: Expr) -> ClosedRange<Int64> {
    let whole = expr.dtype.integerRange
    switch expr {
    case .int(let value, let dtype): return wrapped(value, dtype)...wrapped(value, dtype)
    case .variable(let variable): return ranges[variable.name] ?? whole
    case .binary(let function, let a, let b):
      guard let raw = rawRange(function, a, b), whole.contains(raw) else { return whole }
      return raw
    case .cast(_, let x):
      guard !x.dtype.isFloat, x.dtype != .uint64, case let source = range(x), whole.contains(source) else { return whole }
      return source
    case .select(_, let a, let b):
      let (x, y) = (range(a), range(b))
      return min(x.lowerBound, y.lowerBound)...max(x.upperBound, y.upperBound)
    case .float, .load, .unary, .multiplyAdd, .dot, .compare, .reinterpret, .broadcast, .reduce, .lookup: return whole
    }
  }

  /// The range before anything wraps; `nil` where it exceeds 64 bits or is not followed.
  func rawRange(_ function: BinaryFunction, _ a: Expr, _ b: Expr) -> ClosedRange<Int64>? {
    guard a.dtype != .uint64 else { return nil }
    let (x, y) = (range(a), range(b))
    switch function {
    case .add: return hull([x.lowerBound.addingReportingOverflow(y.lowerBound), x.upperBound.addingReportingOverflow(y.upperBound)])
    case .subtract:
      return hull([x.lowerBound.subtractingReportingOverflow(y.upperBound), x.upperBound.subtractingReportingOverflow(y.lowerBound)])
    case .multiply:
      let corners = [x.lowerBound, x.upperBound].flatMap { p in [y.lowerBound, y.upperBound].map { (p, $0) } }
      return hull(corners.map { $0.0.multipliedReportingOverflow(by: $0.1) })
    case .multiplyHigh:
      let product = rawRange(.multiply, a, b)
      return product.map { $0.lowerBound >> 32...$0.upperBound >> 32 }
    case .minimum: return min(x.lowerBound, y.lowerBound)...min(x.upperBound, y.upperBound)
    case .maximum: return max(x.lowerBound, y.lowerBound)...max(x.upperBound, y.upperBound)
    case .divide: return y.lowerBound > 0 ? hull([x.lowerBound, x.upperBound, 0].map { ($0 / y.lowerBound, false) }) : nil
    case .remainder, .floorModulo: return y.lowerBound > 0 && x.lowerBound >= 0 ? 0...(y.upperBound - 1) : nil
    case .floorDivide, .power, .arcTangent2, .and, .or, .xor, .shiftLeft, .shiftRight: return nil
    }
  }

  private func hull(_ corners: [(partialValue: Int64, overflow: Bool)]) -> ClosedRange<Int64>? {
    let values = corners.map(\.partialValue)
    guard !corners.contains(where: \.overflow), let low = values.min(), let high = values.max() else { return nil }
    return low...high
  }
}

extension ClosedRange<Int64> {
  func contains(_ other: ClosedRange<Int64>) -> Bool { lowerBound <= other.lowerBound && upperBound >= other.upperBound }
}
