import GraphIR
import LoopIR
import Operators
import Tensors

/// The epilogue of a sum of codes: the sum, exact, becomes a float32 and is multiplied with its step; where it is quantised at once,
/// with the quotient of both steps.
struct SumBody {
  let name: String

  /// Over the variables of the node's body, and those that are added to `operands`.
  func body(_ sum: CodedSum, _ operands: inout RenamedOperands, _ editor: inout Editor) throws(Diagnostic) -> Expr {
    var constants = IntegerConstants()
    guard let offset = constants.integers(sum.offset) else { throw Diagnostic("\(name) adds \(sum.offset.values) to its sums") }
    for (position, tensor) in constants.tensors.enumerated() {
      operands.add("c\(position)", editor.addConstant("\(name).offset", tensor), .int32)
    }
    let own = Expr.variable(Variable("sum", ValueType(.int32)))
    operands.replace("sum", by: ElementwiseBody.input(0, .int32))
    let total = sum.offset.uniform == 0 ? own : .binary(.add, own, offset.expr)
    guard let step = sum.step else { return substituted(sum.body, total, sum.bias, &operands, &editor) }
    let real = Expr.cast(.float32, total)
    guard sum.bias == nil else {
      return substituted(sum.body, .binary(.multiply, real, factor(step, "step", &operands, &editor)), sum.bias, &operands, &editor)
    }
    var result = sum.body
    for (position, quotient) in sum.body.roundedQuotients.enumerated() {
      let ratios = factor(step.map { Double(Float($0) / Float(quotient.divisor)) }, "ratio\(position)", &operands, &editor)
      result = result.replacing(quotient.whole, by: quotient.dividend.divided(by: quotient.divisor, .binary(.multiply, real, ratios)))
    }
    guard result.variables.contains("x0") else { return result }
    return result.substituting(["x0": .binary(.multiply, real, factor(step, "step", &operands, &editor))])
  }

  /// The body behind a sum to which the operator adds a bias.
  private func substituted(
    _ body: Expr, _ sum: Expr, _ bias: ValueID?, _ operands: inout RenamedOperands, _ editor: inout Editor
  ) -> Expr {
    guard let bias else { return body.substituting(["x0": sum]) }
    operands.add("bias", bias, editor.type(bias).dtype)
    return body.substituting(["x0": .binary(.add, sum, .variable(Variable("bias", ValueType(editor.type(bias).dtype))))])
  }

  private func factor(_ numbers: Numbers, _ label: String, _ operands: inout RenamedOperands, _ editor: inout Editor) -> Expr {
    if let number = numbers.uniform { return .float(number, .float32) }
    operands.add(label, editor.addConstant("\(name).\(label)", Tensor(.float32, numbers.dims, numbers.values)), .float32)
    return .variable(Variable(label, ValueType(.float32)))
  }
}

private struct RoundedQuotient {
  let whole: Expr
  let dividend: Expr
  let divisor: Double
}

extension Expr {
  /// Quotients of the sum `x0`, perhaps clamped, which are rounded.
  fileprivate var roundedQuotients: [RoundedQuotient] {
    if case .unary(.round, let whole) = self, let (dividend, divisor) = whole.quotient, dividend.isClampedSum {
      return [RoundedQuotient(whole: whole, dividend: dividend, divisor: divisor)]
    }
    return children.flatMap(\.roundedQuotients)
  }

  private var isClampedSum: Bool {
    switch self {
    case .variable(let variable): variable.name == "x0"
    case .binary(.minimum, let a, .float), .binary(.maximum, let a, .float): a.isClampedSum
    default: false
    }
  }

  /// The quotient of a clamped sum: bounds are divided as the sum is, which changes nothing, since rounding is monotone.
  fileprivate func divided(by divisor: Double, _ sum: Expr) -> Expr {
    switch self {
    case .binary(let function, let a, .float(let bound, let dtype)):
      .binary(function, a.divided(by: divisor, sum), .float(Double(Float(bound) / Float(divisor)), dtype))
    default: sum
    }
  }
}
