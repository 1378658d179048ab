import GraphIR
import LoopIR
import Tensors

/// What a variable of an elementwise body stands for where tensors hold integers.
enum IntegerOperand {
  /// An int32 within `bounds`: the real number is `step * integer + offset`.
  case sum(step: Numbers, offset: Numbers, bounds: ClosedRange<Int64>)
  case code(AffineCode)
  case constant(Numbers)

  var isConstant: Bool { if case .constant = self { true } else { false } }
}

/// A real expression as `constant + Σ factor · atom`.
struct LinearSum {
  enum Atom: Hashable {
    /// The integer that a variable holds: of a code, what it exceeds the least by, 0.
    case integer(String)
    /// The product of what two codes exceed their zeros by.
    case product(String, String)
    /// A real number that is no sum.
    case nested(Expr)
  }

  var factors: [Atom: Numbers] = [:]
  /// Atoms in the order in which they occurred.
  var atoms: [Atom] = []
  var constant = Numbers(0)
}

extension LinearSum {
  /// `nil` where the expression holds what integers have no form for.
  init?(_ expr: Expr, _ operands: [String: IntegerOperand]) {
    self.init()
    if let number = expr.known(operands) {
      constant = number
      return
    }
    switch expr {
    case .variable(let variable):
      guard let sum = LinearSum(variable.name, operands) else { return nil }
      self = sum
    case .unary(.negate, let a):
      guard let sum = LinearSum(a, operands)?.times(Numbers(-1)) else { return nil }
      self = sum
    case .multiplyAdd(let a, let b, let c):
      guard let sum = LinearSum(.binary(.add, .binary(.multiply, a, b), c), operands) else { return nil }
      self = sum
    case .binary(let function, let a, let b):
      guard let sum = LinearSum(function, a, b, operands) else { return nil }
      self = sum
    case .select, .unary(.abs, _): self = LinearSum(nested: expr)
    default: return nil
    }
  }

  private init(nested expr: Expr) {
    self.init()
    atoms = [.nested(expr)]
    factors = [.nested(expr): Numbers(1)]
  }

  private init?(_ name: String, _ operands: [String: IntegerOperand]) {
    self.init()
    atoms = [.integer(name)]
    switch operands[name] {
    case .sum(let step, let offset, _):
      factors = [.integer(name): step]
      constant = offset
    case .code(let code):
      factors = [.integer(name): Numbers(code.scale)]
      constant = Numbers(-code.scale * Double(code.zero))
    case .constant, nil: return nil
    }
  }

  private init?(_ function: BinaryFunction, _ a: Expr, _ b: Expr, _ operands: [String: IntegerOperand]) {
    switch function {
    case .minimum, .maximum: self.init(nested: .binary(function, a, b))
    case .add, .subtract:
      guard let x = LinearSum(a, operands), let y = LinearSum(b, operands) else { return nil }
      guard let negated = function == .add ? y : y.times(Numbers(-1)), let sum = x.plus(negated) else { return nil }
      self = sum
    case .multiply:
      guard let product = LinearSum.product(a, b, operands) else { return nil }
      self = product
    case .divide:
      guard let divisor = b.known(operands), let quotient = LinearSum(a, operands)?.times(divisor.map { 1 / $0 }) else { return nil }
      self = quotient
    default: return nil
    }
  }

  private static func product(_ a: Expr, _ b: Expr, _ operands: [String: IntegerOperand]) -> LinearSum? {
    if let factor = b.known(operands) { return LinearSum(a, operands)?.times(factor) }
    if let factor = a.known(operands) { return LinearSum(b, operands)?.times(factor) }
    guard case .variable(let x) = a, case .variable(let y) = b, case .code(let first)? = operands[x.name],
      case .code(let second)? = operands[y.name]
    else { return nil }
    var sum = LinearSum()
    let atom = Atom.product(min(x.name, y.name), max(x.name, y.name))
    sum.atoms = [atom]
    sum.factors = [atom: Numbers(first.scale * second.scale)]
    return sum
  }

  func times(_ factor: Numbers) -> LinearSum? {
    var result = self
    for (atom, own) in factors {
      guard let product = own.combined(factor, *) else { return nil }
      result.factors[atom] = product
    }
    guard let offset = constant.combined(factor, *) else { return nil }
    result.constant = offset
    return result
  }

  private func plus(_ other: LinearSum) -> LinearSum? {
    var result = self
    for atom in other.atoms {
      guard let factor = other.factors[atom] else { continue }
      guard let own = factors[atom] else {
        result.atoms.append(atom)
        result.factors[atom] = factor
        continue
      }
      guard let sum = own.combined(factor, +) else { return nil }
      result.factors[atom] = sum
    }
    guard let offset = constant.combined(other.constant, +) else { return nil }
    result.constant = offset
    return result
  }
}

extension Expr {
  /// The value where no variable but constants occur.
  func known(_ operands: [String: IntegerOperand]) -> Numbers? {
    let names = variables.sorted()
    var numbers: [Numbers] = []
    for name in names {
      guard case .constant(let number)? = operands[name] else { return nil }
      numbers.append(number)
    }
    let wide = substituting(Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, ElementwiseBody.input($0, .float32)) }))
    guard let dims = try? Broadcasting.shape(numbers.map { Shape($0.dims) }).constants else { return nil }
    let tensors = numbers.map { Tensor(.float32, $0.dims, $0.values) }
    guard let value = try? ElementwiseBody(.cast(.float64, wide)).evaluate(tensors, dims: dims) else { return nil }
    return Numbers(value)
  }
}
