import LoopIR
import Tensors

extension ValueType {
  /// What the C calls a local of this type.
  var local: String {
    if lanes == 1 { return dtype.value }
    precondition(dtype == .bool || dtype.isVectorised, "there are no vectors of \(dtype)")
    return "swdl_\(dtype == .bool ? "m32" : dtype.shortName)x\(lanes)"
  }
}

// MARK: Vectors are printed as calls of the runtime, so that compilers without vector types take the same text.

extension ExpressionPrinter {
  func printVector(_ expr: Expr) -> Fragment {
    let type = expr.type.local
    switch expr {
    case .variable(let variable): return Fragment(scope[variable.name])
    case .load(let buffer, let at, let access):
      if let prefetch = access.prefetch {
        return .call("\(type)_load_ahead\(prefetch.level)", pointer(buffer, at), print(prefetch.ahead))
      }
      return access.stride == 1
        ? .call("\(type)_load", pointer(buffer, at))
        : .call("\(type)_load_strided", pointer(buffer, at), Fragment("\(access.stride)"))
    case .unary(let function, let x): return .call("\(type)_\(name(function))", print(x))
    case .binary(.shiftRight, let a, let b) where b.type.lanes > 1: return .call("\(type)_shrv", print(a), print(b))
    case .binary(let function, let a, let b): return .call("\(type)_\(name(function))", print(a), print(b))
    case .multiplyAdd(let a, let b, let c): return productSum(a, b, c, type)
    case .dot(let a, let b, let c): return .call("\(type)_\(dotName(a, b))", print(a), print(b), print(c))
    case .compare(let comparison, let a, let b): return .call("\(a.type.local)_\(name(comparison))", print(a), print(b))
    case .select(let a, let b, let c): return select(a, b, c)
    case .cast(let dtype, let x): return dtype == x.dtype ? print(x) : .call("\(type)_from_\(x.dtype.shortName)", print(x))
    case .broadcast(let x, _) where x.type.lanes == 1: return .call("\(type)_set", x.dtype.isRoundedByHand ? bits(x) : print(x))
    case .broadcast(let x, _): return .call("\(type)_repeat\(x.type.lanes)", print(x))
    case .lookup(let buffer, let at, .load(let table, let place, _), let shift, let window):
      precondition(window == (buffer.dtype == .uint8 ? 16 : 2 * expr.type.lanes), "\(expr) is no vector")
      return .call("\(type)_lookup", pointer(buffer, at), pointer(table, place), Fragment("\(shift)"))
    case .lookup(let buffer, let at, let numbers, let shift, 32):
      return .call("\(type)_pick", pointer(buffer, at), .call("\(type)_shr", print(numbers), Fragment("\(shift)")))
    case .int, .float, .reinterpret, .reduce, .lookup: preconditionFailure("\(expr) is no vector")
    }
  }

  /// What a sum of products of neighbours is called, by the types of the factors.
  func dotName(_ a: Expr, _ b: Expr) -> String { "dot_\(a.dtype.shortName)\(b.dtype.shortName)" }

  /// Machines multiply integers of 16 bits sooner than those of 32, soonest where the first is not negative. Else it had better be one
  /// that serves several products.
  private func productSum(_ a: Expr, _ b: Expr, _ c: Expr, _ type: String) -> Fragment {
    for (x, y) in [(a, b), (b, a)] where x.isMasked || x.isShort && x.isNotNegative {
      if let whole = y.lowShort { return .call("\(type)_fma_low", print(x), print(whole), print(c)) }
      if y.isShort { return .call("\(type)_fma_short", print(x), print(y), print(c)) }
    }
    guard a.isShort, b.isShort else { return .call("\(type)_fma", print(a), print(b), print(c)) }
    let (x, y) = b.isRepeated ? (b, a) : (a, b)
    return .call("\(type)_fma_signed", print(x), print(y), print(c))
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
    precondition(function.isVectorised(on: .float32) || function == .not, "\(function) does not act on vectors")
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
    case .multiplyHigh: "mulhi"
    case .shiftRight: "shr"
    case .remainder, .floorDivide, .floorModulo, .power, .arcTangent2, .shiftLeft:
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

extension Expr {
  /// What is converted to int32, in all lanes or in one for all.
  private var convertedInteger: DType? {
    switch self {
    case .cast(.int32, let x): x.dtype.isInteger ? x.dtype : nil
    case .broadcast(let x, _): x.convertedInteger
    default: nil
    }
  }

  /// An integer that 16 bits hold, by its type.
  fileprivate var isShort: Bool { convertedInteger.map { DType.int16.integerRange.contains($0.integerRange) } ?? false }
  fileprivate var isNotNegative: Bool { convertedInteger.map { !$0.isSigned } ?? false }

  /// At most 15 bits of an int32.
  fileprivate var isMasked: Bool {
    guard case .binary(.and, let x, .broadcast(.int(let mask, _), _)) = self else { return false }
    return x.dtype == .int32 && (0...32767).contains(mask)
  }

  /// The int32 whose lowest 16 bits this is, with their sign.
  fileprivate var lowShort: Expr? {
    guard case .cast(.int32, .cast(.int16, let x)) = self, x.dtype == .int32 else { return nil }
    return x
  }

  fileprivate var isRepeated: Bool { if case .broadcast = self { true } else { false } }
}
