import Tensors

/// A local from outside of a loop that one statement in it accumulates into.
struct Accumulator {
  let variable: Variable
  let function: BinaryFunction

  init?(_ statement: Stmt) {
    guard case .assign(let variable, let value) = statement else { return nil }
    self.variable = variable
    let own = Expr.variable(variable)
    switch value {
    case .binary(let function, own, let term) where function.isReduction && !term.variables.contains(variable.name):
      self.function = function
    case .binary(.add, let term, own) where !term.variables.contains(variable.name): function = .add
    case .dot(let a, let b, own) where !a.variables.union(b.variables).contains(variable.name): function = .add
    case .multiplyAdd(let a, let b, own) where !a.variables.union(b.variables).contains(variable.name): function = .add
    default: return nil
    }
  }

  func partial(_ lanes: Int) -> Variable { Variable(variable.name + "_v", ValueType(dtype, lanes: lanes)) }

  /// What changes nothing.
  var neutral: Expr {
    switch function {
    case .minimum: dtype.isFloat ? .float(.infinity, dtype) : .int(dtype.integerRange.upperBound, dtype)
    case .maximum: dtype.isFloat ? .float(-.infinity, dtype) : .int(dtype.integerRange.lowerBound, dtype)
    default: .constant(0, dtype)
    }
  }

  private var dtype: DType { variable.type.dtype }

  func start(_ lanes: Int) -> Stmt { .declare(partial(lanes), .broadcast(neutral, lanes: lanes)) }

  func finish(_ lanes: Int) -> Stmt {
    .assign(variable, .binary(function, .variable(variable), .reduce(function, .variable(partial(lanes)))))
  }
}

extension LoopSite {
  /// Partial results as lanes, their combination, and the loop `L_t` over the iterations that are left. What else an iteration does
  /// must be independent of the others.
  func reductionVectorised(_ lanes: Int) throws(Diagnostic) -> [Stmt] {
    let accumulators = try self.accumulators()
    guard lanes.nonzeroBitCount == 1, lanes > 1, extent.map({ $0 >= lanes }) ?? true else {
      throw refusal("vectorise the reduction", hint: "\(lanes) lanes must be a power of two, and no more than it has iterations")
    }
    try checkIndependent(over: [name], carrying: Set(accumulators.map(\.variable.name)))
    let parts = try split(by: lanes, .epilogue)
    guard case .loop(var main) = parts[0], case .loop(var inner) = main.body[0] else { return parts }
    inner.body = inner.body.map {
      $0.renaming(Dictionary(uniqueKeysWithValues: accumulators.map { ($0.variable.name, $0.variable.name + "_v") }))
    }
    let site = LoopSite(loop: inner, scope: scope.entering(main), parameters: parameters)
    let writer = LaneWriter(site, lanes: lanes, body: inner.body)
    guard accumulators.allSatisfy({ writer.varies($0.variable.name + "_v") }) else {
      throw refusal("vectorise the reduction", hint: "what is added does not depend on it")
    }
    main.body = try writer.statements(inner.body)
    return accumulators.map { $0.start(lanes) } + [.loop(main)] + accumulators.map { $0.finish(lanes) } + parts.dropFirst()
  }

  /// What the loop accumulates into; each is read nowhere else in it.
  func accumulators() throws(Diagnostic) -> [Accumulator] {
    let own = Set(loop.body.flatMap(\.locals))
    let carried = Set(loop.body.flatMap(\.assigned)).subtracting(own)
    var result: [Accumulator] = []
    for (position, statement) in loop.body.enumerated() where !carried.isDisjoint(with: statement.assigned) {
      guard let accumulator = Accumulator(statement), accumulator.variable.type.lanes == 1,
        accumulator.variable.type.dtype.hasVectorArithmetic,
        loop.body.enumerated().allSatisfy({ $0.offset == position || !$0.element.mentions(accumulator.variable.name) })
      else { throw refusal("reorder the reduction", hint: "it does more with locals than sums, minima and maxima") }
      result.append(accumulator)
    }
    guard !result.isEmpty else { throw refusal("reorder the reduction", hint: "it accumulates nothing") }
    return result
  }
}

extension Stmt {
  fileprivate func mentions(_ name: String) -> Bool {
    var isFound = assigned.contains(name)
    _ = mapExpressions { expr in
      isFound = isFound || expr.variables.contains(name)
      return expr
    }
    return isFound
  }
}

extension BinaryFunction {
  fileprivate var isReduction: Bool { self == .add || self == .minimum || self == .maximum }
}
