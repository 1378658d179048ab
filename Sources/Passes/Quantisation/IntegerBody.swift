import GraphIR
import LoopIR
import Tensors

/// An elementwise body on reals as one on integers: from int32 sums and codes to the code of the result. Sums and products of
/// two codes are moved to steps of the result, or to binary fractions of these, by the upper halves of products; nothing overflows.
struct IntegerBody {
  /// Over the variables of the body on reals, and `c0`, `c1`, … for `constants`.
  let expr: Expr
  /// Tensors of int32, which broadcast.
  let constants: [Tensor]
}

extension IntegerBody {
  /// `operands` by name of the variable. `nil` where integers have no form for the body.
  init?(_ body: Expr, _ operands: [String: IntegerOperand], result: AffineCode) {
    guard body.dtype == .float32 else { return nil }
    for bits in [Int64(0), 8, 6, 4, 2] {
      var maker = IntegerBodyMaker(operands: operands, result: result, fractionBits: bits)
      guard let value = bits == 0 ? maker.singleSum(body) : maker.general(body) else { continue }
      self.init(expr: .cast(result.dtype, value.expr), constants: maker.constants.tensors)
      return
    }
    return nil
  }
}

/// Makes one body; one is `2^-fractionBits` steps of the result.
private struct IntegerBodyMaker {
  let operands: [String: IntegerOperand]
  let result: AffineCode
  let fractionBits: Int64
  var constants = IntegerConstants()

  private var unit: Double { result.scale / Double(Int64(1) << fractionBits) }

  /// A sum of one int32 and constants: zero point and rounding go into what is added before it is scaled.
  mutating func singleSum(_ body: Expr) -> FixedPoint? {
    let clamps = Clamps(body, operands)
    guard let limits = clamps.limits(result), let sum = LinearSum(clamps.inner, operands), sum.atoms.count == 1,
      case .integer(let name) = sum.atoms[0], case .sum(_, _, let bounds)? = operands[name], let step = sum.factors[sum.atoms[0]]
    else { return nil }
    let factor = step.map { $0 / result.scale }
    let target = sum.constant.map { $0 / result.scale + Double(result.zero) + 0.5 }
    guard let start = target.combined(factor, /), let offset = constants.integers(start), offset.bounds.magnitude < 1 << 30 else {
      return nil
    }
    guard let total = FixedPoint(.variable(Variable(name, ValueType(.int32))), bounds)?.plus(offset) else { return nil }
    if let scaled = constants.scaled(total, by: factor) { return scaled.clamped(limits, inWriting: result.isWide) }
    // What is so far outside is outside after scaling, too.
    let reach = Double(2 * result.limits.count) / max(factor.values.map(\.magnitude).min() ?? 1, 1e-9)
    guard reach < 0x1p30 else { return nil }
    return constants.scaled(total.clamped(-Int64(reach.rounded(.up))...Int64(reach.rounded(.up))), by: factor)?.clamped(
      limits, inWriting: result.isWide)
  }

  /// Any sum, with fraction bits that are rounded away last.
  mutating func general(_ body: Expr) -> FixedPoint? {
    let clamps = Clamps(body, operands)
    let zero = Double((Int64(result.zero) << fractionBits) + (Int64(1) << (fractionBits - 1)))
    guard let limits = clamps.limits(result), let value = fixed(clamps.inner, adding: zero, isLast: true) else { return nil }
    return value.shiftedRight(fractionBits)?.clamped(limits, inWriting: result.isWide)
  }

  /// `isLast` where the result is limited next.
  private mutating func fixed(_ expr: Expr, adding extra: Double = 0, isLast: Bool = false) -> FixedPoint? {
    guard let sum = LinearSum(expr, operands) else { return nil }
    let unit = unit
    var total = FixedPoint.literal(0)
    for atom in sum.atoms {
      guard let factor = sum.factors[atom], let term = term(atom, factor) else { return nil }
      total = total?.plus(term)
    }
    // Each upper half of a product is too small by a half on average.
    let lost = total?.expr.multiplyHighs ?? 0
    var numbers = sum.constant.map { $0 / unit + extra + 0.5 * Double(lost) }
    // What masks add is beyond all limits, and stays so when it is less.
    if isLast, let bounds = total?.bounds, bounds.magnitude < 1 << 28 { numbers = numbers.map { min(max($0, -0x1p29), 0x1p29) } }
    guard let offset = constants.integers(numbers) else { return nil }
    return total?.plus(offset)
  }

  private mutating func term(_ atom: LinearSum.Atom, _ factor: Numbers) -> FixedPoint? {
    let unit = unit
    switch atom {
    case .integer(let name):
      return variable(name).flatMap { constants.scaled($0, by: factor.map { $0 / unit }) }
    case .product(let a, let b):
      guard let x = difference(a), let y = difference(b) else { return nil }
      let ends = [x.bounds.lowerBound, x.bounds.upperBound].flatMap { p in [y.bounds.lowerBound, y.bounds.upperBound].map { p * $0 } }
      let product = FixedPoint(.binary(.multiply, x.expr, y.expr), (ends.min() ?? 0)...(ends.max() ?? 0))
      return product.flatMap { constants.scaled($0, by: factor.map { $0 / unit }) }
    case .nested(let expr): return nested(expr).flatMap { constants.scaled($0, by: factor) }
    }
  }

  private func variable(_ name: String) -> FixedPoint? {
    switch operands[name] {
    case .sum(_, _, let bounds): FixedPoint(.variable(Variable(name, ValueType(.int32))), bounds)
    case .code(let code):
      FixedPoint(
        .cast(.int32, .variable(Variable(name, ValueType(code.dtype)))), Int64(code.limits.lowerBound)...Int64(code.limits.upperBound))
    case .constant, nil: nil
    }
  }

  /// What a code exceeds its zero by.
  private func difference(_ name: String) -> FixedPoint? {
    guard case .code(let code)? = operands[name], let zero = FixedPoint.literal(-Int64(code.zero)) else { return nil }
    return variable(name)?.plus(zero)
  }

  private mutating func nested(_ expr: Expr) -> FixedPoint? {
    switch expr {
    case .binary(.minimum, let a, let b):
      guard let x = fixed(a), let y = fixed(b) else { return nil }
      return FixedPoint(
        minimum(x.expr, y.expr), min(x.bounds.lowerBound, y.bounds.lowerBound)...min(x.bounds.upperBound, y.bounds.upperBound))
    case .binary(.maximum, let a, let b):
      guard let x = fixed(a), let y = fixed(b) else { return nil }
      return FixedPoint(
        maximum(x.expr, y.expr), max(x.bounds.lowerBound, y.bounds.lowerBound)...max(x.bounds.upperBound, y.bounds.upperBound))
    case .unary(.abs, let a):
      guard let x = fixed(a), let negative = x.times(-1) else { return nil }
      return FixedPoint(maximum(x.expr, negative.expr), 0...max(abs(x.bounds.lowerBound), abs(x.bounds.upperBound)))
    case .select(.compare(let comparison, let p, let q), let a, let b):
      guard let p = fixed(p), let q = fixed(q), let a = fixed(a), let b = fixed(b) else { return nil }
      return FixedPoint(
        .select(.compare(comparison, p.expr, q.expr), a.expr, b.expr),
        min(a.bounds.lowerBound, b.bounds.lowerBound)...max(a.bounds.upperBound, b.bounds.upperBound))
    default: return nil
    }
  }
}

extension Expr {
  /// Upper halves of products that are summed up here.
  fileprivate var multiplyHighs: Int {
    switch self {
    case .binary(.add, let a, let b): a.multiplyHighs + b.multiplyHighs
    case .binary(.multiplyHigh, _, _): 1
    default: 0
    }
  }
}

extension ClosedRange<Int64> {
  fileprivate var magnitude: Int64 { Swift.max(abs(lowerBound), abs(upperBound)) }
}

/// The bounds that a body ends with, as ReLU does.
private struct Clamps {
  private(set) var inner: Expr
  private var low = -Double.infinity
  private var high = Double.infinity

  init(_ body: Expr, _ operands: [String: IntegerOperand]) {
    inner = body
    while case .binary(let function, let a, let b) = inner, function == .minimum || function == .maximum {
      guard let bound = b.known(operands)?.uniform ?? a.known(operands)?.uniform, bound.isFinite else { return }
      let rest = b.known(operands) == nil ? b : a
      if function == .minimum { high = min(high, max(bound, low)) } else { low = max(low, min(bound, high)) }
      inner = rest
    }
  }

  /// The least and the greatest code.
  func limits(_ result: AffineCode) -> ClosedRange<Int64>? {
    let (least, most) = (result.code(max(low, -1e30)), result.code(min(high, 1e30)))
    return least <= most ? Int64(least)...Int64(most) : nil
  }
}
