import LoopIR
import Tensors

extension ValueType {
  /// What the C calls a local of this type.
  var local: String {
    if lanes == 1 { return dtype.value }
    precondition(dtype == .bool || dtype.isVectorised, "there are no vectors of \(dtype)")
    return (dtype == .bool ? "swdl_m32x" : "swdl_f32x") + "\(lanes)"
  }
}

// MARK: Vectors are printed as calls of the runtime, so that compilers without vector types take the same text.

extension ExpressionPrinter {
  func printVector(_ expr: Expr) -> Fragment {
    let type = expr.type.local
    switch expr {
    case .variable(let variable): return Fragment(scope[variable.name])
    case .load(let buffer, let at, let access):
      if access.ahead > 0 { return .call("\(type)_load_ahead", pointer(buffer, at), Fragment("\(access.ahead)")) }
      return access.stride == 1
        ? .call("\(type)_load", pointer(buffer, at))
        : .call("\(type)_load_strided", pointer(buffer, at), Fragment("\(access.stride)"))
    case .unary(let function, let x): return .call("\(type)_\(name(function))", print(x))
    case .binary(let function, let a, let b): return .call("\(type)_\(name(function))", print(a), print(b))
    case .multiplyAdd(let a, let b, let c): return .call("\(type)_fma", print(a), print(b), print(c))
    case .compare(let comparison, let a, let b): return .call("\(a.type.local)_\(name(comparison))", print(a), print(b))
    case .select(let a, let b, let c): return select(a, b, c)
    case .cast(let dtype, let x):
      precondition(dtype == x.dtype, "vectors are not converted: \(x.dtype) to \(dtype)")
      return print(x)
    case .broadcast(let x, _): return .call("\(type)_set", print(x))
    case .int, .float, .reinterpret, .reduce: preconditionFailure("\(expr) is no vector")
    }
  }

  func reduction(_ function: BinaryFunction, _ x: Expr) -> Fragment { .call("\(x.type.local)_reduce_\(name(function))", print(x)) }

  func vectorStore(_ buffer: Buffer, _ at: Expr, _ stride: Int, _ value: Expr) -> String {
    let target = pointer(buffer, at)
    let type = value.type.local
    return stride == 1
      ? Fragment.call("\(type)_store", target, print(value)).text
      : Fragment.call("\(type)_store_strided", target, Fragment("\(stride)"), print(value)).text
  }

  /// The condition may be one for all lanes.
  private func select(_ condition: Expr, _ a: Expr, _ b: Expr) -> Fragment {
    let type = a.type
    let mask = condition.type.lanes == 1 ? Expr.broadcast(condition, lanes: type.lanes) : condition
    return .call("\(type.local)_select", print(mask), print(a), print(b))
  }

  private func name(_ function: UnaryFunction) -> String {
    precondition(function.isVectorised || function == .not, "\(function) does not act on vectors")
    return function == .negate ? "neg" : function.rawValue
  }

  private func name(_ function: BinaryFunction) -> String {
    switch function {
    case .add: "add"
    case .subtract: "sub"
    case .multiply: "mul"
    case .divide: "div"
    case .minimum: "min"
    case .maximum: "max"
    case .and: "and"
    case .or: "or"
    case .xor: "xor"
    case .multiplyHigh, .remainder, .floorDivide, .floorModulo, .power, .arcTangent2, .shiftLeft, .shiftRight:
      preconditionFailure("\(function) does not act on vectors")
    }
  }

  private func name(_ comparison: LoopIR.Comparison) -> String {
    switch comparison {
    case .less: "lt"
    case .lessOrEqual: "le"
    case .equal: "eq"
    case .notEqual: "ne"
    case .greater: "gt"
    case .greaterOrEqual: "ge"
    }
  }
}
