import Tensors

extension LoopSite {
  /// The body once, for all iterations as lanes.
  func vectorised() throws(Diagnostic) -> [Stmt] {
    let lanes = try constantExtent(to: "vectorise")
    guard lanes.nonzeroBitCount == 1 else { throw refusal("vectorise", hint: "\(lanes) lanes are no power of two") }
    try checkIndependent(over: [name])
    return try LaneWriter(self, lanes: lanes, body: loop.body).statements(loop.body)
  }
}

/// Writes statements for all iterations of a loop at once. What does not depend on the loop stays scalar until it meets a vector.
struct LaneWriter {
  private let site: LoopSite
  private let lanes: Int
  /// Locals that differ between iterations.
  private let varying: Set<String>
  private let scope: IndexScope

  init(_ site: LoopSite, lanes: Int, body: [Stmt]) {
    self.site = site
    self.lanes = lanes
    scope = site.scope.entering(site.loop)
    var found: Set<String> = [site.name]
    var count = 0
    while found.count != count {
      count = found.count
      for statement in body { statement.collectDependents(of: &found) }
    }
    varying = found.subtracting([site.name])
  }

  private init(_ other: LaneWriter, scope: IndexScope) {
    site = other.site
    lanes = other.lanes
    varying = other.varying
    self.scope = scope
  }

  /// The local differs between iterations.
  func varies(_ name: String) -> Bool { varying.contains(name) }

  func statements(_ body: [Stmt]) throws(Diagnostic) -> [Stmt] {
    var result: [Stmt] = []
    for statement in body { result.append(try written(statement)) }
    return result
  }

  private func written(_ statement: Stmt) throws(Diagnostic) -> Stmt {
    switch statement {
    case .loop(var loop):
      try checkUniform(loop.lower, "the range of \(loop.variable)")
      try checkUniform(loop.upper, "the range of \(loop.variable)")
      loop.body = try LaneWriter(self, scope: scope.entering(loop)).statements(loop.body)
      return .loop(loop)
    case .declare(let variable, let new): return .declare(widened(variable), try value(new, for: variable))
    case .assign(let variable, let new): return .assign(widened(variable), try value(new, for: variable))
    case .store(let buffer, let at, _, let new):
      let (start, step) = try place(at)
      guard buffer.dtype.isVectorised else { throw refusal("there are no vectors of \(buffer.dtype)") }
      return .store(buffer, at: start, stride: step, broadcast(try value(new)))
    case .branch(let condition, let then, let otherwise):
      try checkUniform(condition, "a branch")
      return .branch(condition, then: try statements(then), else: try statements(otherwise))
    }
  }

  func value(_ expr: Expr) throws(Diagnostic) -> Expr {
    if isUniform(expr) { return expr }
    switch expr {
    case .variable(let variable):
      guard varying.contains(variable.name) else { throw refusal("its number is used as a value") }
      return .variable(widened(variable))
    case .load(let buffer, let at, let access): return try loaded(buffer, at, access)
    case .unary(let function, let x):
      guard function.isVectorised(on: x.dtype) || function == .not && x.dtype == .bool else {
        throw refusal("\(function) of \(x.dtype) takes no vectors")
      }
      return .unary(function, try value(x))
    case .binary(.shiftRight, let a, let count): return try shifted(a, by: count)
    case .binary(let function, let a, let b):
      guard function.isVectorised(on: a.dtype) else { throw refusal("\(function) of \(a.dtype) takes no vectors") }
      return .binary(function, broadcast(try value(a)), broadcast(try value(b)))
    case .multiplyAdd(let a, let b, let c):
      guard a.dtype.hasVectorArithmetic else { throw refusal("vectors of \(a.dtype) are not multiplied") }
      return .multiplyAdd(broadcast(try value(a)), broadcast(try value(b)), broadcast(try value(c)))
    case .dot(let a, let b, let c):
      let count = lanes * a.type.lanes / c.type.lanes
      return .dot(broadcast(try value(a), to: count), broadcast(try value(b), to: count), broadcast(try value(c)))
    case .cast(let dtype, let x): return try converted(x, to: dtype)
    case .compare(let comparison, let a, let b):
      guard a.dtype.hasVectorArithmetic else { throw refusal("vectors of \(a.dtype) are not compared") }
      return .compare(comparison, broadcast(try value(a)), broadcast(try value(b)))
    case .select(let condition, let a, let b):
      guard a.dtype.hasVectorArithmetic else { throw refusal("there are no vectors of \(a.dtype)") }
      return .select(try value(condition), broadcast(try value(a)), broadcast(try value(b)))
    case .lookup: return try lookup(expr)
    case .int, .float, .reinterpret, .broadcast, .reduce: throw refusal("\(expr) takes no vectors")
    }
  }

  private func loaded(_ buffer: Buffer, _ at: Expr, _ access: Access) throws(Diagnostic) -> Expr {
    guard buffer.dtype.isVectorised else { throw refusal("there are no vectors of \(buffer.dtype)") }
    let (start, step) = try place(at)
    if access.lanes == 1 { return .load(buffer, at: start, Access(lanes: lanes, stride: step)) }
    guard access.stride == 1, step == access.lanes else { throw refusal("groups are \(step) elements apart") }
    return .load(buffer, at: start, Access(lanes: lanes * access.lanes))
  }

  /// By a number of bits that int32 has.
  private func shifted(_ a: Expr, by count: Expr) throws(Diagnostic) -> Expr {
    switch count {
    case .int(let bits, .int32) where (0..<32).contains(bits): return .binary(.shiftRight, try value(a), count)
    case .binary(.and, let bits, let most) where most == .int(31, .int32):
      return .binary(.shiftRight, broadcast(try value(a)), .binary(.and, broadcast(try value(bits)), broadcast(most)))
    default: throw refusal("a shift by \(count) takes no vectors")
    }
  }

  private func lookup(_ expr: Expr) throws(Diagnostic) -> Expr {
    switch expr {
    case .lookup(let buffer, let at, .load(let table, let place, let access), let shift, let window):
      guard buffer.dtype.isVectorised, window == (access.lanes == 1 ? 2 * lanes : 16), isUniform(at) else {
        throw refusal("\(expr) takes no vectors")
      }
      let (start, step) = try self.place(place)
      guard step == access.lanes else { throw refusal("numbers that lie apart are not looked up") }
      return .lookup(buffer, at: at, numbers: .load(table, at: start, Access(lanes: lanes * step)), shift: shift, window: window)
    case .lookup(let buffer, let at, let numbers, let shift, 32) where isUniform(at) && buffer.dtype == .int32 && numbers.dtype == .int32:
      return .lookup(buffer, at: at, numbers: broadcast(try value(numbers)), shift: shift, window: 32)
    default: throw refusal("\(expr) takes no vectors")
    }
  }

  private func value(_ expr: Expr, for variable: Variable) throws(Diagnostic) -> Expr {
    let new = try value(expr)
    guard varying.contains(variable.name) else { return new }
    guard variable.type == ValueType(variable.type.dtype), variable.type.dtype.isVectorised else {
      throw refusal("there are no vectors of \(variable.type.dtype)")
    }
    return broadcast(new)
  }

  private func widened(_ variable: Variable) -> Variable {
    varying.contains(variable.name) ? Variable(variable.name, ValueType(variable.type.dtype, lanes: lanes)) : variable
  }

  func broadcast(_ expr: Expr) -> Expr { broadcast(expr, to: lanes) }

  private func broadcast(_ expr: Expr, to count: Int) -> Expr { expr.type.lanes == count ? expr : .broadcast(expr, lanes: count) }

  /// Small integers are converted by way of int32.
  private func converted(_ x: Expr, to dtype: DType) throws(Diagnostic) -> Expr {
    guard dtype != x.dtype else { return try value(x) }
    if x.dtype.isHalf || dtype.isHalf {
      guard [x.dtype, dtype].contains(.float32) else { throw refusal("\(x.dtype) is not converted to \(dtype)") }
      return .cast(dtype, try value(x))
    }
    guard x.dtype.isVectorised, dtype.isVectorised, x.dtype != .float32 || x.isClampedToInt32 else {
      throw refusal("\(x.dtype) is not converted to \(dtype)")
    }
    let whole = x.dtype == .int32 || dtype == .int32 ? try value(x) : try converted(x, to: .int32)
    return .cast(dtype, whole)
  }

  private func isUniform(_ expr: Expr) -> Bool { expr.variables.isDisjoint(with: varying.union([site.name])) }

  private func checkUniform(_ expr: Expr, _ what: String) throws(Diagnostic) {
    guard isUniform(expr) else { throw refusal("\(what) depends on it") }
  }

  /// Where the first lane lies, and how far the lanes are apart.
  private func place(_ at: Expr) throws(Diagnostic) -> (Expr, Int) {
    let form = scope.form(at)
    let rest = form.without(site.name)
    guard !rest.mentions(site.name), form.variables.isDisjoint(with: varying) else { throw refusal("[\(at)] has no constant stride") }
    let step = form.coefficient(of: site.name)
    return (scope.expr(rest + scope.form(site.loop.lower).scaled(by: step)), step)
  }

  private func refusal(_ reason: String) -> Diagnostic { site.refusal("vectorise", hint: reason) }
}

extension Stmt {
  /// Adds locals whose values depend on what is in `names`.
  fileprivate func collectDependents(of names: inout Set<String>) {
    switch self {
    case .declare(let variable, let value), .assign(let variable, let value):
      if !value.variables.isDisjoint(with: names) { names.insert(variable.name) }
    case .loop, .branch:
      for statement in nested { statement.collectDependents(of: &names) }
    case .store: break
    }
  }
}
