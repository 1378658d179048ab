import GraphIR
import LoopIR
import Operators
import Tensors

extension AffineCode {
  /// The code of a float, as an expression; the nearest, ties to even.
  func quantising(_ real: Expr) -> Expr {
    let number = { (value: Double) in Expr.float(value, .float32) }
    let steps = Expr.unary(.round, .binary(.multiply, real, number(1 / scale)))
    let code = zero == 0 ? steps : .binary(.add, steps, number(Double(zero)))
    return .cast(dtype, minimum(maximum(code, number(Double(limits.lowerBound))), number(Double(limits.upperBound))))
  }

  /// The float of a code, as an expression.
  func dequantising(_ code: Expr) -> Expr {
    let steps = Expr.cast(.int32, code)
    let difference = zero == 0 ? steps : .binary(.subtract, steps, .int(Int64(zero), .int32))
    return .binary(.multiply, .cast(.float32, difference), .float(scale, .float32))
  }

  /// The nearest codes of known numbers.
  func quantising(_ tensor: Tensor) -> Tensor { Tensor(dtype, tensor.dims, integers: tensor.doubles.map { Int64(code($0)) }) }

  /// A code as the first input of a body.
  var coded: Expr { ElementwiseBody.input(0, dtype) }
}

/// The operands of a body that takes the place of another: variables by the names in the old body.
struct RenamedOperands {
  private(set) var ids: [ValueID] = []
  private var variables: [String: Expr] = [:]
  private let first: Int

  /// `first` is the number of the first: 1 in an epilogue, where `x0` is the operator's own result.
  init(first: Int) { self.first = first }

  mutating func add(_ name: String, _ id: ValueID, _ dtype: DType) {
    let position = ids.firstIndex(of: id) ?? ids.count
    if position == ids.count { ids.append(id) }
    variables[name] = ElementwiseBody.input(first + position, dtype)
  }

  mutating func replace(_ name: String, by expr: Expr) { variables[name] = expr }

  func renamed(_ body: Expr) -> Expr { body.substituting(variables) }
}
