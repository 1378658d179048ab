import Tensors

/// Numbers side by side: the lanes of a vector, or one operand of an elementwise operation on whole tensors.
package enum Column: Hashable, Sendable {
  /// Elements of a float type.
  case floats([Double])
  /// Elements of an integer type or bool; `uint64` keeps its bits.
  case integers([Int64])

  package var count: Int {
    switch self {
    case .floats(let values): values.count
    case .integers(let values): values.count
    }
  }

  package init(_ tensor: Tensor) {
    self = tensor.dtype.isFloat ? .floats(tensor.doubles) : .integers(tensor.integers)
  }

  package func tensor(_ dtype: DType, _ dims: [Int]) -> Tensor {
    switch self {
    case .floats(let values): Tensor(dtype, dims, values)
    case .integers(let values): Tensor(dtype, dims, integers: values)
    }
  }

  package func gathered(_ positions: [Int]) -> Column {
    switch self {
    case .floats(let values): .floats(positions.map { values[$0] })
    case .integers(let values): .integers(positions.map { values[$0] })
    }
  }

  var integers: [Int64] {
    guard case .integers(let values) = self else { preconditionFailure("floats where integers are expected") }
    return values
  }

  var floats: [Double] {
    guard case .floats(let values) = self else { preconditionFailure("integers where floats are expected") }
    return values
  }
}

/// What an expression means, on columns. One walk serves the reference (`wide`: floats stay `Double` until the result is
/// stored, or a function that jumps looks at them: on which side of a jump an operand is, its own type decides) and the interpreter of loop nests (every operation rounds to its type, as the emitted C does).
package struct ColumnEvaluator {
  package enum Precision: Sendable { case wide, typed }

  private let precision: Precision
  private let lookUp: (Variable) throws(Diagnostic) -> Column
  private let load: (Buffer, Int, Access) throws(Diagnostic) -> Column

  package init(
    _ precision: Precision,
    variables: @escaping (Variable) throws(Diagnostic) -> Column,
    load: @escaping (Buffer, Int, Access) throws(Diagnostic) -> Column = { (buffer, _, _) throws(Diagnostic) in
      throw Diagnostic("\(buffer.name) cannot be loaded here")
    }
  ) {
    self.precision = precision
    self.lookUp = variables
    self.load = load
  }

  package func value(_ expr: Expr) throws(Diagnostic) -> Column {
    switch expr {
    case .int(let value, let dtype): return .integers([wrapped(value, dtype)])
    case .float(let value, let dtype): return .floats([rounded(value, dtype)])
    case .variable(let variable): return try lookUp(variable)
    case .load(let buffer, let at, let access): return try load(buffer, try index(at), access)
    case .unary(let function, let x): return apply(function, function.jumps ? try stored(x) : try value(x), x.dtype)
    case .binary(let function, let a, let b): return apply(function, try value(a), try value(b), a.dtype)
    case .multiplyAdd(let a, let b, let c): return multiplyAdd(try value(a), try value(b), try value(c), a.dtype)
    case .dot(let a, let b, let c): return dot(try value(a), try value(b), try value(c), c.dtype)
    case .compare(let comparison, let a, let b): return compare(comparison, try stored(a), try stored(b), a.dtype)
    case .select(let a, let b, let c): return select(try value(a).integers, try value(b), try value(c))
    case .cast(let dtype, let x): return cast(dtype.isFloat ? try value(x) : try stored(x), from: x.dtype, to: dtype)
    case .reinterpret(let dtype, let x):
      let column = try value(x)
      return Column(column.tensor(x.dtype, [column.count]).reinterpreted(as: dtype))
    case .broadcast(let x, let lanes):
      let column = try value(x)
      return column.gathered((0..<lanes).map { $0 % column.count })
    case .reduce(let function, let x): return reduced(function, try value(x), x.dtype)
    case .lookup(let buffer, let at, let numbers, let shift, let window):
      let elements = try load(buffer, try index(at), Access(lanes: window))
      return elements.gathered(try value(numbers).integers.map { Int($0 >> Int64(shift)) & (window - 1) })
    }
  }

  package func index(_ expr: Expr) throws(Diagnostic) -> Int { Int(try value(expr).integers[0]) }
}

extension ColumnEvaluator {
  /// The value as its type holds it.
  private func stored(_ expr: Expr) throws(Diagnostic) -> Column {
    let column = try value(expr)
    guard case .floats(let values) = column, precision == .wide, expr.dtype != .float64, !expr.isLeaf else { return column }
    return .floats(values.map { expr.dtype.rounded($0) })
  }

  private func rounded(_ value: Double, _ dtype: DType) -> Double { precision == .typed ? dtype.rounded(value) : value }

  private func apply(_ function: UnaryFunction, _ x: Column, _ dtype: DType) -> Column {
    switch x {
    case .integers(let values):
      return .integers(values.map { wrapped(function.integerValue($0, dtype), function.isPredicate ? .bool : dtype) })
    case .floats(let values):
      if function == .not { return .integers(values.map { $0 == 0 ? 1 : 0 }) }
      guard let row = UnaryFunction.table[function] else { preconditionFailure("\(function) acts on integers") }
      let results =
        precision == .typed && dtype != .float64
        ? values.map { rounded(Double(row.float(Float($0))), dtype) } : values.map(row.double)
      return function.isPredicate ? .integers(results.map { Int64($0) }) : .floats(results)
    }
  }

  private func apply(_ function: BinaryFunction, _ a: Column, _ b: Column, _ dtype: DType) -> Column {
    switch (a, b) {
    case (.floats(let x), .floats(let y)):
      if precision == .typed, dtype == .float32 { return .floats(zipped(x, y) { Double(function.value(Float($0), Float($1))) }) }
      return .floats(zipped(x, y) { rounded(function.value($0, $1), dtype) })
    case (.integers(let x), .integers(let y)):
      return .integers(zipped(x, y) { wrapped(dtype == .uint64 ? function.unsignedValue($0, $1) : function.value($0, $1), dtype) })
    case (.floats, .integers), (.integers, .floats):
      preconditionFailure("\(function) of a float and an integer")
    }
  }

  private func reduced(_ function: BinaryFunction, _ x: Column, _ dtype: DType) -> Column {
    if x.count == 1 { return x }
    let half = x.count / 2
    return reduced(function, apply(function, x.gathered(Array(0..<half)), x.gathered(Array(half..<2 * half)), dtype), dtype)
  }

  /// Two roundings in `typed` precision: what portable C does.
  private func multiplyAdd(_ a: Column, _ b: Column, _ c: Column, _ dtype: DType) -> Column {
    apply(.add, apply(.multiply, a, b, dtype), c, dtype)
  }

  private func dot(_ a: Column, _ b: Column, _ c: Column, _ dtype: DType) -> Column {
    let group = a.count / c.count
    func neighbours(_ lane: Int) -> Range<Int> { lane * group..<(lane + 1) * group }
    guard dtype.isFloat else {
      let (x, y) = (a.integers, b.integers)
      return .integers(c.integers.enumerated().map { lane, sum in wrapped(neighbours(lane).reduce(sum) { $0 &+ x[$1] &* y[$1] }, dtype) })
    }
    let (x, y) = (a.floats, b.floats)
    return .floats(c.floats.enumerated().map { lane, sum in neighbours(lane).reduce(sum) { rounded($0 + x[$1] * y[$1], dtype) } })
  }

  private func compare(_ comparison: Comparison, _ a: Column, _ b: Column, _ dtype: DType) -> Column {
    switch (a, b) {
    case (.floats(let x), .floats(let y)): return .integers(zipped(x, y) { comparison.holds($0, $1) ? 1 : 0 })
    case (.integers(let x), .integers(let y)):
      if dtype == .uint64 {
        return .integers(zipped(x, y) { comparison.holds(UInt64(bitPattern: $0), UInt64(bitPattern: $1)) ? 1 : 0 })
      }
      return .integers(zipped(x, y) { comparison.holds($0, $1) ? 1 : 0 })
    case (.floats, .integers), (.integers, .floats): preconditionFailure("comparison of a float and an integer")
    }
  }

  private func select(_ condition: [Int64], _ a: Column, _ b: Column) -> Column {
    switch (a, b) {
    case (.floats(let x), .floats(let y)): return .floats(selected(condition, x, y))
    case (.integers(let x), .integers(let y)): return .integers(selected(condition, x, y))
    case (.floats, .integers), (.integers, .floats): preconditionFailure("selection between a float and an integer")
    }
  }

  /// A cast rounds in every precision: that is what it means.
  private func cast(_ x: Column, from source: DType, to dtype: DType) -> Column {
    if source == dtype { return x }
    return switch (x, dtype.isFloat) {
    case (.floats(let values), true): .floats(values.map { dtype.cast($0) })
    case (.floats(let values), false): .integers(values.map { dtype.integer($0) })
    case (.integers(let values), true):
      .floats(values.map { dtype.cast(source == .uint64 ? Double(UInt64(bitPattern: $0)) : Double($0)) })
    case (.integers(let values), false): .integers(values.map { wrapped($0, dtype) })
    }
  }
}

/// Element by element; an operand with one element is repeated.
private func zipped<A, B>(_ x: [A], _ y: [A], _ combine: (A, A) -> B) -> [B] {
  if x.count == y.count { return zip(x, y).map(combine) }
  if x.count == 1 { return y.map { combine(x[0], $0) } }
  return x.map { combine($0, y[0]) }
}

private func selected<A>(_ condition: [Int64], _ x: [A], _ y: [A]) -> [A] {
  let counts = [condition.count, x.count, y.count]
  let count = counts.contains(0) ? 0 : counts.max() ?? 0
  return (0..<count).map { i in
    condition[condition.count == 1 ? 0 : i] != 0 ? x[x.count == 1 ? 0 : i] : y[y.count == 1 ? 0 : i]
  }
}

extension Comparison {
  func holds<T: Comparable>(_ a: T, _ b: T) -> Bool {
    switch self {
    case .less: a < b
    case .lessOrEqual: a <= b
    case .equal: a == b
    case .notEqual: a != b
    case .greater: a > b
    case .greaterOrEqual: a >= b
    }
  }
}

extension Expr {
  /// Known to be rounded already.
  fileprivate var isLeaf: Bool {
    switch self {
    case .variable, .load: true
    default: false
    }
  }
}

extension UnaryFunction {
  /// A little more or less of the operand may change the result by a whole.
  fileprivate var jumps: Bool { [.floor, .ceil, .round, .trunc, .sign].contains(self) }

  /// The meaning on integers and bool.
  fileprivate func integerValue(_ x: Int64, _ dtype: DType) -> Int64 {
    switch self {
    case .negate: return 0 &- x
    case .abs: return x < 0 && dtype != .uint64 ? 0 &- x : x
    case .sign: return dtype == .uint64 ? (x == 0 ? 0 : 1) : x.signum()
    case .floor, .ceil, .round, .trunc: return x
    case .not: return x == 0 ? 1 : 0
    case .bitwiseNot: return ~x
    case .isNaN, .isInfinite: return 0
    case .sqrt, .reciprocalSqrt, .exp, .expm1, .log, .log1p, .log2, .log10, .sin, .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .tanh,
      .asinh, .acosh, .atanh, .erf, .erfc, .sigmoid, .lgamma:
      preconditionFailure("\(self) acts on floats")
    }
  }
}

extension BinaryFunction {
  /// `value` for 64-bit patterns that stand for unsigned numbers.
  fileprivate func unsignedValue(_ a: Int64, _ b: Int64) -> Int64 {
    let x = UInt64(bitPattern: a)
    let y = UInt64(bitPattern: b)
    switch self {
    case .divide, .floorDivide: return y == 0 ? 0 : Int64(bitPattern: x / y)
    case .remainder, .floorModulo: return y == 0 ? 0 : Int64(bitPattern: x % y)
    case .minimum: return Int64(bitPattern: Swift.min(x, y))
    case .maximum: return Int64(bitPattern: Swift.max(x, y))
    case .shiftRight: return Int64(bitPattern: x >> y)
    case .add, .subtract, .multiply, .multiplyHigh, .power, .and, .or, .xor, .shiftLeft, .arcTangent2: return value(a, b)
    }
  }
}
