import LoopIR
import Tensors

/// Expressions of one kernel as C. Fragments have the value of the expression; their C type is that of the expression, or `int`
/// for bool.
struct ExpressionPrinter {
  var scope: Scope
  var knowledge = IntegerKnowledge()

  func print(_ expr: Expr) -> Fragment {
    if expr.type.lanes > 1 { return printVector(expr) }
    switch expr {
    case .int(let value, let dtype): return number(literal(wrapped(value, dtype), dtype))
    case .float(let value, let dtype): return number(literal(value, dtype))
    case .variable(let variable): return Fragment(scope[variable.name])
    case .load(let buffer, let at, _): return load(buffer, at)
    case .unary(let function, let x): return x.dtype.isFloat ? floatUnary(function, x) : integerUnary(function, x)
    case .binary(let function, let a, let b):
      return a.dtype.isFloat ? floatBinary(function, a, b) : integerBinary(function, a, b)
    case .multiplyAdd(let a, let b, let c):
      return a.dtype.isFloat ? productSum(a, b, c) : print(.binary(.add, .binary(.multiply, a, b), c))
    case .dot(let a, let b, let c): return .call("swdl_\(dotName(a, b))", print(a), print(b), print(c))
    case .compare(let comparison, let a, let b): return compare(comparison, print(a), print(b))
    case .select(let a, let b, let c): return conditional(print(a), print(b), print(c))
    case .cast(let dtype, let x): return cast(x, to: dtype)
    case .reinterpret(let dtype, let x): return reinterpreted(x, as: dtype)
    case .broadcast(let x, _): return print(x)
    case .reduce(let function, let x): return x.type.lanes > 1 ? reduction(function, x) : print(x)
    case .lookup(let buffer, let at, let numbers, let shift, let window):
      let bits = shift == 0 ? print(numbers) : Fragment("(\(print(numbers).atLeast(.unary)) >> \(shift))")
      let number = Fragment("(\(bits.text) & \(window - 1))")
      return Fragment("\(scope[buffer.name])[\(Fragment.infix("+", .additive, print(at), number).text)]")
    }
  }

  func text(_ expr: Expr) -> String { print(expr).text }

  /// The address of the first element that an access touches.
  func pointer(_ buffer: Buffer, _ at: Expr) -> Fragment {
    at.constantIndex == 0 ? Fragment(scope[buffer.name]) : .infix("+", .additive, Fragment(scope[buffer.name]), print(at))
  }

  /// A value as it is kept in memory.
  func stored(_ value: Expr) -> String {
    if value.dtype.isRoundedByHand { return bits(value).text }
    return text(value)
  }

  private func load(_ buffer: Buffer, _ at: Expr) -> Fragment {
    buffer.dtype.isRoundedByHand ? .call("swdl_\(buffer.dtype.shortName)_value", element(buffer, at)) : element(buffer, at)
  }

  /// An element as it lies in memory.
  func element(_ buffer: Buffer, _ at: Expr) -> Fragment { Fragment("\(scope[buffer.name])[\(text(at))]") }

  private func number(_ text: String) -> Fragment { Fragment(text, text.hasPrefix("-") || text.hasPrefix("(d") ? .unary : .primary) }

  /// Zero, also where the type has none.
  func zero(_ dtype: DType) -> Fragment { print(.constant(0, dtype.isRoundedByHand ? .float32 : dtype)) }

  func compare(_ comparison: LoopIR.Comparison, _ a: Fragment, _ b: Fragment) -> Fragment {
    let precedence: Fragment.Precedence = comparison == .equal || comparison == .notEqual ? .equality : .relational
    return Fragment("\(a.atLeast(.additive)) \(comparison.rawValue) \(b.atLeast(.additive))", precedence)
  }

  private func conditional(_ a: Fragment, _ b: Fragment, _ c: Fragment) -> Fragment {
    Fragment("\(a.atLeast(.unary)) ? \(b.atLeast(.relational)) : \(c.atLeast(.relational))", .conditional)
  }
}

// MARK: Floats

extension ExpressionPrinter {
  /// A result in the type of `dtype`: small floats are rounded after every operation that can be inexact.
  private func rounded(_ result: Fragment, _ dtype: DType) -> Fragment {
    dtype.isRoundedByHand ? .call("swdl_\(dtype.shortName)_round", result) : result
  }

  /// A result that is exact but for a negative zero or a NaN, which some types of 8 bits and less do not have.
  private func settled(_ result: Fragment, _ dtype: DType) -> Fragment { dtype.byteCount == 1 ? rounded(result, dtype) : result }

  private func floatUnary(_ function: UnaryFunction, _ x: Expr) -> Fragment {
    let operand = print(x)
    if function == .negate {
      return settled(Fragment("-\(operand.text.hasPrefix("-") ? "(\(operand.text))" : operand.atLeast(.unary))", .unary), x.dtype)
    }
    if function == .not { return compare(.equal, operand, zero(x.dtype)) }
    guard let row = UnaryFunction.table[function] else { preconditionFailure("\(function) of \(x.dtype)") }
    let result = Fragment(expanded(row.c, operand, isDouble: x.dtype == .float64))
    return function.isPredicate ? result : rounded(result, x.dtype)
  }

  /// A template of the table of functions with its operand: in `({x})` as it is, elsewhere parenthesised where needed.
  private func expanded(_ template: String, _ operand: Fragment, isDouble: Bool) -> String {
    let tight = operand.text.hasPrefix("-") ? "(\(operand.text))" : operand.atLeast(.unary)
    return template.replacing("({x})", with: "(\(operand.text))").replacing("{x}", with: tight).replacing("{f}", with: isDouble ? "" : "f")
  }

  private func floatBinary(_ function: BinaryFunction, _ a: Expr, _ b: Expr) -> Fragment {
    let (x, y) = (print(a), print(b))
    let suffix = a.dtype == .float64 ? "" : "f"
    switch function {
    case .add: return rounded(.infix("+", .additive, x, y), a.dtype)
    case .subtract: return rounded(.infix("-", .additive, x, y), a.dtype)
    case .multiply: return rounded(.infix("*", .multiplicative, x, y), a.dtype)
    case .divide: return rounded(.infix("/", .multiplicative, x, y), a.dtype)
    case .remainder: return settled(.call("fmod\(suffix)", x, y), a.dtype)
    case .floorDivide: return rounded(.call("swdl_floordiv\(suffix)", x, y), a.dtype)
    case .floorModulo: return rounded(.call("swdl_floormod\(suffix)", x, y), a.dtype)
    case .minimum: return .call("swdl_min\(suffix)", x, y)
    case .maximum: return .call("swdl_max\(suffix)", x, y)
    case .power: return rounded(.call("pow\(suffix)", x, y), a.dtype)
    case .arcTangent2: return rounded(.call("atan2\(suffix)", x, y), a.dtype)
    case .multiplyHigh, .and, .or, .xor, .shiftLeft, .shiftRight: preconditionFailure("\(function) of \(a.dtype)")
    }
  }

  private func productSum(_ a: Expr, _ b: Expr, _ c: Expr) -> Fragment {
    let product = rounded(.infix("*", .multiplicative, print(a), print(b)), a.dtype)
    return rounded(.infix("+", .additive, print(c), product), a.dtype)
  }
}

// MARK: Integers

extension ExpressionPrinter {
  private func integerUnary(_ function: UnaryFunction, _ x: Expr) -> Fragment {
    switch function {
    case .negate: return print(.binary(.subtract, .int(0, x.dtype), x))
    case .abs: return x.dtype.isSigned ? narrowed(.call("swdl_abs_i64", print(x)), x.dtype) : print(x)
    case .sign: return narrowed(.call(x.dtype == .uint64 ? "swdl_sign_u64" : "swdl_sign_i64", print(x)), x.dtype)
    case .floor, .ceil, .round, .trunc: return print(x)
    case .not: return Fragment("!\(print(x).atLeast(.unary))", .unary)
    case .bitwiseNot: return narrowed(Fragment("~\(print(x).atLeast(.unary))", .unary), x.dtype)
    case .isNaN, .isInfinite: return Fragment("0")
    case .sqrt, .reciprocalSqrt, .exp, .expm1, .log, .log1p, .log2, .log10, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .tanh,
      .asinh, .acosh, .atanh, .erf, .erfc, .sigmoid, .lgamma:
      preconditionFailure("\(function) of \(x.dtype)")
    }
  }

  private func integerBinary(_ function: BinaryFunction, _ a: Expr, _ b: Expr) -> Fragment {
    let isBool = a.dtype == .bool
    switch function {
    case .add: return arithmetic("+", .additive, function, a, b)
    case .subtract: return arithmetic("-", .additive, function, a, b)
    case .multiply: return arithmetic("*", .multiplicative, function, a, b)
    case .multiplyHigh: return highProduct(a, b)
    case .divide where isHarmlessDivision(a, by: b): return narrowed(.infix("/", .multiplicative, print(a), print(b)), a.dtype)
    case .remainder where isHarmlessDivision(a, by: b): return narrowed(.infix("%", .multiplicative, print(a), print(b)), a.dtype)
    case .divide: return helper("div", a, b)
    case .remainder: return helper("rem", a, b)
    case .floorDivide: return a.dtype == .uint64 ? helper("div", a, b) : helper("floordiv", a, b)
    case .floorModulo: return a.dtype == .uint64 ? helper("rem", a, b) : helper("floormod", a, b)
    case .power: return narrowed(.call("swdl_pow_i64", signed(a), signed(b)), a.dtype)
    case .minimum: return selecting("min", a, b)
    case .maximum: return selecting("max", a, b)
    case .and: return isBool ? .infix("&&", .logicalAnd, print(a), print(b)) : bitwise("&", a, b)
    case .or: return isBool ? .infix("||", .logicalOr, print(a), print(b)) : bitwise("|", a, b)
    case .xor: return isBool ? compare(.notEqual, print(a), print(b)) : bitwise("^", a, b)
    case .shiftLeft: return helper("shl", a, b)
    case .shiftRight: return helper("shr", a, b)
    case .arcTangent2: preconditionFailure("\(function) of \(a.dtype)")
    }
  }

  private func highProduct(_ a: Expr, _ b: Expr) -> Fragment {
    precondition(a.dtype == .int32 && b.dtype == .int32, "the upper half of a product of \(a.dtype) and \(b.dtype)")
    return .call("swdl_mulhi_i32", print(a), print(b))
  }

  /// Plain where C cannot overflow, else through unsigned numbers, which wrap.
  private func arithmetic(
    _ symbol: String, _ precedence: Fragment.Precedence, _ function: BinaryFunction, _ a: Expr, _ b: Expr
  ) -> Fragment {
    let dtype = a.dtype
    let isUnsigned = dtype == .uint32 || dtype == .uint64
    if isUnsigned || isHarmless(function, a, b) { return narrowed(.infix(symbol, precedence, print(a), print(b)), dtype) }
    let unsigned = dtype == .int64 ? "uint64_t" : "uint32_t"
    return .cast(dtype.value, .infix(symbol, precedence, .cast(unsigned, print(a)), .cast(unsigned, print(b))))
  }

  /// C computes narrow types in `int`.
  private func isHarmless(_ function: BinaryFunction, _ a: Expr, _ b: Expr) -> Bool {
    if knowledge.isIndex(a) && knowledge.isIndex(b) { return true }
    guard let raw = knowledge.rawRange(function, a, b) else { return false }
    if a.dtype == .int64 {
      // two literals would be computed in `int`
      if case (.int, .int) = (a, b) { return false }
      return true
    }
    return DType.int32.integerRange.contains(raw)
  }

  private func isHarmlessDivision(_ a: Expr, by b: Expr) -> Bool {
    if case .int(let divisor, let dtype) = b { return wrapped(divisor, dtype) != 0 && wrapped(divisor, dtype) != -1 }
    return knowledge.isIndex(a) && knowledge.isIndex(b)
  }

  private func helper(_ name: String, _ a: Expr, _ b: Expr) -> Fragment {
    narrowed(.call("swdl_\(name)_\(a.dtype == .uint64 ? "u64" : "i64")", print(a), print(b)), a.dtype)
  }

  func signed(_ x: Expr) -> Fragment { x.dtype == .uint64 ? .cast("int64_t", print(x)) : print(x) }

  private func selecting(_ name: String, _ a: Expr, _ b: Expr) -> Fragment {
    let width = a.dtype.byteCount < 4 ? "i32" : a.dtype.shortName
    let result = Fragment.call("swdl_\(name)_\(width)", print(a), print(b))
    return a.dtype.byteCount < 4 ? .cast(a.dtype.value, result) : result
  }

  private func bitwise(_ symbol: String, _ a: Expr, _ b: Expr) -> Fragment {
    narrowed(.infix(symbol, .bitwise, print(a), print(b)), a.dtype)
  }

  /// A result of C's own arithmetic, or of a helper of 64 bits, in the type `dtype`.
  func narrowed(_ result: Fragment, _ dtype: DType) -> Fragment {
    let isHelper = result.precedence == .primary
    switch dtype {
    case .int32, .uint32: return isHelper ? .cast(dtype.value, result) : result
    case .int64: return result
    case .uint64: return isHelper && !result.text.contains("u64") ? .cast(dtype.value, result) : result
    case .int8, .int16, .uint8, .uint16: return .cast(dtype.value, result)
    case .int4, .int2, .uint4, .uint2: return .call("swdl_\(dtype.shortName)", result)
    case .bool: return compare(.notEqual, result, Fragment("0"))
    case .float32, .float64, .float16, .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0, .float4e2m1:
      preconditionFailure("an integer result of type \(dtype)")
    }
  }
}
