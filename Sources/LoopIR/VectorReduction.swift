import Tensors

/// A local that a loop accumulates into.
private struct Accumulator {
  let variable: Variable
  let function: BinaryFunction
  /// What one iteration adds, with the partial results in place of the local.
  let step: (Expr) -> Expr

  /// The statement as an accumulation into a local that `terms` do not read.
  init?(_ statement: Stmt) {
    guard case .assign(let variable, let value) = statement else { return nil }
    self.variable = variable
    let own = Expr.variable(variable)
    switch value {
    case .binary(let function, own, let term) where function.isReduction && !term.variables.contains(variable.name):
      self.function = function
      step = { .binary(function, $0, term) }
    case .binary(.add, let term, own) where !term.variables.contains(variable.name):
      function = .add
      step = { .binary(.add, term, $0) }
    case .multiplyAdd(let a, let b, own) where !a.variables.union(b.variables).contains(variable.name):
      function = .add
      step = { .multiplyAdd(a, b, $0) }
    default: return nil
    }
  }
}

extension LoopSite {
  /// Partial results as lanes, their combination, and the loop `L_t` over the iterations that are left.
  func reductionVectorised(_ lanes: Int) throws(Diagnostic) -> [Stmt] {
    let accumulators = loop.body.compactMap { Accumulator($0) }
    guard accumulators.count == loop.body.count, Set(accumulators.map(\.variable)).count == accumulators.count else {
      throw refusal("vectorise the reduction", hint: "it does more than to add to locals, or to take their minimum or maximum")
    }
    guard lanes.nonzeroBitCount == 1, lanes > 1, accumulators.allSatisfy({ $0.variable.type == ValueType(.float32) }) else {
      throw refusal("vectorise the reduction", hint: "lanes are a power of two, and of float32")
    }
    guard extent.map({ $0 >= lanes }) ?? true else { throw refusal("vectorise the reduction", hint: "it is shorter than \(lanes)") }
    let parts = try split(by: lanes, .epilogue)
    guard case .loop(let main) = parts[0], case .loop(let inner) = main.body[0] else { return parts }
    return try accumulators.map(partial(lanes)) + [reduced(main, inner, accumulators, lanes)]
      + accumulators.map { .assign($0.variable, .binary($0.function, .variable($0.variable), .reduce($0.function, $0.partial(lanes)))) }
      + parts.dropFirst()
  }

  private func partial(_ lanes: Int) -> (Accumulator) -> Stmt {
    { accumulator in
      let neutral: Double =
        accumulator.function == .add ? 0 : accumulator.function == .maximum ? -.infinity : .infinity
      return .declare(accumulator.partialVariable(lanes), .broadcast(.float(neutral, .float32), lanes: lanes))
    }
  }

  private func reduced(_ main: Loop, _ inner: Loop, _ accumulators: [Accumulator], _ lanes: Int) throws(Diagnostic) -> Stmt {
    let site = LoopSite(loop: inner, scope: scope.entering(main), parameters: parameters)
    let partials = Dictionary(uniqueKeysWithValues: accumulators.map { ($0.variable.name, $0) })
    let writer = LaneWriter(site, lanes: lanes, body: inner.body)
    var result = main
    result.body = []
    for statement in inner.body {
      guard case .assign(let variable, _) = statement, let known = partials[variable.name], let moved = Accumulator(statement) else {
        continue
      }
      let value = try writer.value(moved.step(.variable(variable)))
      guard value.type.lanes == lanes else { throw refusal("vectorise the reduction", hint: "\(variable.name) does not depend on it") }
      result.body.append(.assign(known.partialVariable(lanes), value))
    }
    result.body = result.body.map { $0.widening(partials, lanes) }
    return .loop(result)
  }
}

extension Accumulator {
  func partialVariable(_ lanes: Int) -> Variable { Variable(variable.name + "_v", ValueType(.float32, lanes: lanes)) }
  func partial(_ lanes: Int) -> Expr { .variable(partialVariable(lanes)) }
}

extension Stmt {
  /// Accumulators in vectors replaced by their partial results.
  fileprivate func widening(_ partials: [String: Accumulator], _ lanes: Int) -> Stmt {
    mapExpressions { $0.substituting(partials.mapValues { $0.partial(lanes) }) }
  }
}

extension BinaryFunction {
  fileprivate var isReduction: Bool { self == .add || self == .minimum || self == .maximum }
}
