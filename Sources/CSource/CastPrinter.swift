import LoopIR
import Tensors

extension ExpressionPrinter {
  func cast(_ x: Expr, to dtype: DType) -> Fragment {
    if x.dtype == dtype { return print(x) }
    if dtype == .bool { return compare(.notEqual, print(x), zero(x.dtype)) }
    if dtype.isRoundedByHand { return roundedCast(x, to: dtype) }
    if x.dtype.isRoundedByHand && dtype == .float32 { return print(x) }
    if x.dtype.isFloat && !dtype.isFloat { return truncated(x, to: dtype) }
    if dtype.isWrappedByHand { return narrowed(signed(x), dtype) }
    // libtcc does not extend an `int8_t` that is cast to `uint16_t`.
    let isShort = x.dtype.byteCount < 4 && dtype.byteCount < 4
    return .cast(dtype.value, isShort ? .cast("int", print(x)) : print(x))
  }

  /// What does not fit has no answer in C: functions give one.
  private func truncated(_ x: Expr, to dtype: DType) -> Fragment {
    let wide = x.dtype == .float64 ? print(x) : .cast("double", print(x))
    if dtype.byteCount == 8 { return .call("swdl_trunc_\(dtype.shortName)", wide) }
    if dtype == .uint32 { return .cast(dtype.value, .call("swdl_trunc_i64", wide)) }
    let function = x.isClampedToInt32 ? "swdl_inside_i32" : "swdl_trunc_i32"
    let whole = Fragment.call(x.dtype == .float64 ? function : function + "f", print(x))
    return dtype == .int32 ? whole : narrowed(whole, dtype)
  }

  /// One rounding, from `double` where `float` would be another.
  private func roundedCast(_ x: Expr, to dtype: DType) -> Fragment {
    let function = "swdl_\(dtype.shortName)_\(dtype == .float8e5m2 ? "cast" : "round")"
    let isFloat = x.dtype == .float32 || x.dtype.isRoundedByHand
    if isFloat || x.dtype.byteCount < 4 { return .call(function, isFloat ? print(x) : .cast("float", print(x))) }
    return .call(function, .call("swdl_f32_odd", x.dtype == .float64 ? print(x) : .cast("double", print(x))))
  }
}

// MARK: The same bits as another type

extension ExpressionPrinter {
  func reinterpreted(_ x: Expr, as dtype: DType) -> Fragment {
    if x.dtype == dtype { return print(x) }
    if dtype.isRoundedByHand { return .call("swdl_\(dtype.shortName)_value", .cast(dtype.storage, bits(x))) }
    if dtype.isFloat { return .call("swdl_\(dtype.shortName)_from_bits", .cast("uint\(dtype.bitCount)_t", bits(x))) }
    if dtype == .bool || dtype.isWrappedByHand { return narrowed(bits(x), dtype) }
    return .cast(dtype.value, dtype.byteCount < 4 ? .cast("int", bits(x)) : bits(x))
  }

  /// The bits of a value as an integer of its width; those of an element in memory as they are.
  func bits(_ x: Expr) -> Fragment {
    guard x.dtype.isFloat else { return print(x) }
    guard x.dtype.isRoundedByHand else { return .call("swdl_\(x.dtype.shortName)_bits", print(x)) }
    switch x {
    case .load(let buffer, let at, _): return element(buffer, at)
    case .reinterpret(_, let y):
      return .cast(x.dtype.storage, x.dtype.bitCount < 8 ? .infix("&", .bitwise, bits(y), Fragment("15")) : bits(y))
    case .int, .float, .variable, .unary, .binary, .multiplyAdd, .dot, .compare, .select, .cast, .broadcast, .reduce, .lookup:
      return .call("swdl_\(x.dtype.shortName)_bits", print(x))
    }
  }
}
