import Tensors

/// The type of a value in a loop nest: one number, or `lanes` of them side by side.
package struct ValueType: Hashable, Sendable {
  package var dtype: DType
  package var lanes: Int

  package init(_ dtype: DType, lanes: Int = 1) {
    self.dtype = dtype
    self.lanes = lanes
  }

  /// Loop variables, open dimensions and index arithmetic.
  package static let index = ValueType(.int32)
}

/// A name with a value: a loop variable, an open dimension, or a local of the kernel.
package struct Variable: Hashable, Sendable {
  package var name: String
  package var type: ValueType

  package init(_ name: String, _ type: ValueType = .index) {
    self.name = name
    self.type = type
  }
}

/// Memory that a kernel is given: a parameter of the emitted function.
package struct Buffer: Hashable, Sendable {
  package var name: String
  package var dtype: DType
  /// Elements that may be touched.
  package var count: Dim

  package init(_ name: String, _ dtype: DType, count: Dim) {
    self.name = name
    self.dtype = dtype
    self.count = count
  }
}

/// Which elements a load or store touches: `lanes` of them, `stride` apart.
package struct Access: Hashable, Sendable {
  package var lanes: Int
  package var stride: Int
  /// What is asked of the memory at the same time, if anything.
  package var prefetch: Prefetch?

  package init(lanes: Int = 1, stride: Int = 1) {
    self.lanes = lanes
    self.stride = stride
  }

  package static let scalar = Access()

  fileprivate func mappingPrefetch(_ transform: (Expr) -> Expr) -> Access {
    guard let prefetch else { return self }
    var result = self
    result.prefetch = Prefetch(ahead: transform(prefetch.ahead), level: prefetch.level)
    return result
  }
}

/// Elements that soon will be loaded, asked of the memory before.
package struct Prefetch: Hashable, Sendable {
  /// Elements from what is loaded now to what is asked for.
  package var ahead: Expr
  /// The cache that they shall come to: 1, the nearest, or 2. Many that come from afar would push out of the first what is in use.
  package var level: Int

  package init(ahead: Expr, level: Int = 1) {
    self.ahead = ahead
    self.level = level
  }

  package init(ahead: Int, level: Int = 1) { self.init(ahead: .index(ahead), level: level) }
}

/// An expression without side effects. Operands of one operation have one type; nothing converts silently.
package indirect enum Expr: Hashable, Sendable {
  case int(Int64, DType)
  /// A float literal; the value is rounded to the type.
  case float(Double, DType)
  case variable(Variable)
  case load(Buffer, at: Expr, Access)
  case unary(UnaryFunction, Expr)
  case binary(BinaryFunction, Expr, Expr)
  /// `a * b + c`, rounded once where the target has the instruction and else twice.
  case multiplyAdd(Expr, Expr, Expr)
  /// `c` plus the products of neighbours of `a` and `b`: as many for each lane of `c` as `a` and `b` have lanes for one of `c`. Four
  /// integers of 8 bits for an `int32`, which wraps, or two of `bfloat16` for a `float32`, in any order, rounded after each addition or
  /// once; numbers that are not normal may count as zero.
  case dot(Expr, Expr, Expr)
  /// The result is `bool` with the lanes of the operands.
  case compare(Comparison, Expr, Expr)
  /// The second where the first is true, else the third; one condition may decide for all lanes.
  case select(Expr, Expr, Expr)
  case cast(DType, Expr)
  /// The same bits as a value of another type of as many bits.
  case reinterpret(DType, Expr)
  /// A number, or a group of neighbours, repeated until there are so many lanes.
  case broadcast(Expr, lanes: Int)
  /// All lanes of a vector combined into one number by `add`, `minimum` or `maximum`: the lower half with the upper half until one
  /// is left. The number of lanes is a power of two.
  case reduce(BinaryFunction, Expr)
  /// Lane by lane one of the elements from `at` on: its number are the bits from `shift` up of a lane of `numbers`, as many as count to
  /// `window`, a power of two. Where that is two vectors, or sixteen bytes, they stay in registers. Numbers that are computed choose among
  /// 32 of int32.
  case lookup(Buffer, at: Expr, numbers: Expr, shift: Int, window: Int)
}

package enum Comparison: String, Hashable, Sendable, CaseIterable {
  case less = "<"
  case lessOrEqual = "<="
  case equal = "=="
  case notEqual = "!="
  case greater = ">"
  case greaterOrEqual = ">="
}

extension Expr {
  package var type: ValueType {
    switch self {
    case .int(_, let dtype), .float(_, let dtype): ValueType(dtype)
    case .variable(let variable): variable.type
    case .load(let buffer, _, let access): ValueType(buffer.dtype, lanes: access.lanes)
    case .unary(let function, let x): function.isPredicate ? ValueType(.bool, lanes: x.type.lanes) : x.type
    case .binary(_, let a, _), .multiplyAdd(let a, _, _): a.type
    case .compare(_, let a, _): ValueType(.bool, lanes: a.type.lanes)
    case .select(_, let a, _): a.type
    case .dot(_, _, let c): c.type
    case .cast(let dtype, let x), .reinterpret(let dtype, let x): ValueType(dtype, lanes: x.type.lanes)
    case .broadcast(let x, let lanes): ValueType(x.type.dtype, lanes: lanes)
    case .reduce(_, let x): ValueType(x.type.dtype)
    case .lookup(let buffer, _, let numbers, _, _): ValueType(buffer.dtype, lanes: numbers.type.lanes)
    }
  }

  package var dtype: DType { type.dtype }

  /// An index that is known when we compile.
  package var constantIndex: Int? {
    if case .int(let value, .int32) = self { return Int(value) }
    return nil
  }

  /// The number `value` in the type `dtype`.
  package static func constant(_ value: Double, _ dtype: DType) -> Expr {
    dtype.isFloat ? .float(value, dtype) : .int(Int64(clamping: value), dtype)
  }

  /// An index: a literal of the index type.
  package static func index(_ value: Int) -> Expr { .int(Int64(value), .int32) }

  /// The loop variable or open dimension of that name.
  package static func index(_ name: String) -> Expr { .variable(Variable(name)) }
}

/// Literals are indices: values of other types are written `.constant(…, dtype)`.
extension Expr: ExpressibleByIntegerLiteral {
  package init(integerLiteral value: Int) { self = .index(value) }
}

extension Expr {
  package static func + (a: Expr, b: Expr) -> Expr { folded(.add, a, b) }
  package static func - (a: Expr, b: Expr) -> Expr { folded(.subtract, a, b) }
  package static func * (a: Expr, b: Expr) -> Expr { folded(.multiply, a, b) }
  package static func / (a: Expr, b: Expr) -> Expr { folded(.divide, a, b) }
  package static func % (a: Expr, b: Expr) -> Expr { folded(.remainder, a, b) }
  package static prefix func - (a: Expr) -> Expr { .unary(.negate, a) }
  package static func .< (a: Expr, b: Expr) -> Expr { .compare(.less, a, b) }
  package static func .<= (a: Expr, b: Expr) -> Expr { .compare(.lessOrEqual, a, b) }
  package static func .>= (a: Expr, b: Expr) -> Expr { .compare(.greaterOrEqual, a, b) }
  package static func .> (a: Expr, b: Expr) -> Expr { .compare(.greater, a, b) }
  package static func .== (a: Expr, b: Expr) -> Expr { .compare(.equal, a, b) }
  package static func .&& (a: Expr, b: Expr) -> Expr { .binary(.and, a, b) }

  /// Index arithmetic on constants is done at once, and neutral elements vanish.
  private static func folded(_ function: BinaryFunction, _ a: Expr, _ b: Expr) -> Expr {
    precondition(a.type == b.type, "\(function) of \(a): \(a.type) and \(b): \(b.type)")
    if let x = a.constantIndex, let y = b.constantIndex, let value = function.folded(x, y) { return .index(value) }
    switch (function, a.constantIndex, b.constantIndex) {
    case (.add, 0, _): return b
    case (.add, _, 0), (.subtract, _, 0): return a
    case (.multiply, 1, _): return b
    case (.multiply, _, 1), (.divide, _, 1): return a
    case (.multiply, 0, _), (.multiply, _, 0): return .index(0)
    default: return .binary(function, a, b)
    }
  }
}

package func minimum(_ a: Expr, _ b: Expr) -> Expr { .binary(.minimum, a, b) }
package func maximum(_ a: Expr, _ b: Expr) -> Expr { .binary(.maximum, a, b) }

extension Expr {
  /// A dimension as an index expression over variables named like its symbols.
  package init(_ dim: Dim) {
    let terms = dim.sortedTerms.map { term in
      term.atoms.reduce(Expr.index(term.coefficient)) { $0 * Expr($1) }
    }
    self = terms.reduce(0, +)
  }

  private init(_ atom: Dim.Atom) {
    switch atom {
    case .symbol(let name): self = .index(name)
    case .floorDivision(let dim, let divisor): self = Expr(dim) / .index(divisor)
    }
  }

  /// The operands, in order.
  package var children: [Expr] {
    switch self {
    case .int, .float, .variable: []
    case .load(_, let at, _): [at]
    case .unary(_, let x), .cast(_, let x), .reinterpret(_, let x), .broadcast(let x, _), .reduce(_, let x): [x]
    case .binary(_, let a, let b), .compare(_, let a, let b), .lookup(_, let a, let b, _, _): [a, b]
    case .multiplyAdd(let a, let b, let c), .dot(let a, let b, let c), .select(let a, let b, let c): [a, b, c]
    }
  }

  /// The same operation on what `transform` makes of each operand.
  package func mapChildren(_ transform: (Expr) -> Expr) -> Expr {
    switch self {
    case .int, .float, .variable: self
    case .load(let buffer, let at, let access): .load(buffer, at: transform(at), access.mappingPrefetch(transform))
    case .unary(let function, let x): .unary(function, transform(x))
    case .binary(let function, let a, let b): .binary(function, transform(a), transform(b))
    case .multiplyAdd(let a, let b, let c): .multiplyAdd(transform(a), transform(b), transform(c))
    case .dot(let a, let b, let c): .dot(transform(a), transform(b), transform(c))
    case .compare(let comparison, let a, let b): .compare(comparison, transform(a), transform(b))
    case .select(let a, let b, let c): .select(transform(a), transform(b), transform(c))
    case .cast(let dtype, let x): .cast(dtype, transform(x))
    case .reinterpret(let dtype, let x): .reinterpret(dtype, transform(x))
    case .broadcast(let x, let lanes): .broadcast(transform(x), lanes: lanes)
    case .reduce(let function, let x): .reduce(function, transform(x))
    case .lookup(let buffer, let at, let numbers, let shift, let window):
      .lookup(buffer, at: transform(at), numbers: transform(numbers), shift: shift, window: window)
    }
  }

  /// The expression with variables replaced, by name.
  package func substituting(_ replacements: [String: Expr]) -> Expr {
    if case .variable(let variable) = self { return replacements[variable.name] ?? self }
    return mapChildren { $0.substituting(replacements) }
  }

  /// What the expression itself reads, at most.
  var readMemory: (buffer: Buffer, at: Expr, access: Access)? {
    switch self {
    case .load(let buffer, let at, let access): (buffer, at, access)
    case .lookup(let buffer, let at, _, _, let window): (buffer, at, Access(lanes: window))
    case .int, .float, .variable, .unary, .binary, .multiplyAdd, .dot, .compare, .select, .cast, .reinterpret, .broadcast, .reduce: nil
    }
  }

  /// Names of the variables that occur.
  package var variables: Set<String> {
    if case .variable(let variable) = self { return [variable.name] }
    return children.reduce(into: []) { $0.formUnion($1.variables) }
  }
}

infix operator .< : ComparisonPrecedence
infix operator .<= : ComparisonPrecedence
infix operator .> : ComparisonPrecedence
infix operator .>= : ComparisonPrecedence
infix operator .== : ComparisonPrecedence
infix operator .&& : LogicalConjunctionPrecedence
