import Tensors

/// One place where a body touches memory.
private struct MemoryAccess {
  /// Buffers that may share memory have one name here.
  var memory: String
  var elementBytes: Int
  var form: LinearForm
  /// Lanes and their distance.
  var access: Access
  var isStore: Bool
  var scope: IndexScope
}

/// How far two accesses are apart: a constant, and for each distance between neighbours the number of steps that may be between.
private struct Separation {
  var constant = 0
  var steps: [Int: Interval] = [:]
  /// What variables around the loop add, where it does not cancel.
  var outside = Interval(0)

  mutating func add(_ coefficient: Int, _ count: Interval) {
    let (key, signed) = coefficient < 0 ? (-coefficient, count.scaled(by: -1)) : (coefficient, count)
    steps[key] = (steps[key] ?? Interval(0)) + signed
  }

  /// All values that the distance can have.
  var range: Interval { steps.reduce(Interval(constant) + outside) { $0 + $1.value.scaled(by: $1.key) } }
}

extension LoopSite {
  /// Throws unless iterations that differ in one of the loops `names` (this one, or ones that it holds) share no element that any
  /// of them writes, and no local. In-place parameters are taken to begin at the same element.
  /// Locals in `carrying` are left out.
  func checkIndependent(over names: Set<String>, carrying: Set<String> = []) throws(Diagnostic) {
    let outer = Set(loop.body.flatMap(\.assigned)).subtracting(loop.body.flatMap(\.locals)).subtracting(carrying)
    if let carried = outer.min() {
      throw refusal("reorder iterations of", hint: "\(carried) carries a value from one to the next")
    }
    let accesses = self.accesses
    for store in accesses where store.isStore {
      for other in accesses where other.memory == store.memory && !areApart(store, other, names) {
        throw refusal(
          "reorder iterations of", hint: "\(store.memory)[\(store.form.shown)] and [\(other.form.shown)] may be the same element")
      }
    }
  }

  /// Throws unless an iteration may run twice: nothing that is written is also read.
  func checkRepeatable() throws(Diagnostic) {
    try checkIndependent(over: [name])
    let written = Set(accesses.filter(\.isStore).map(\.memory))
    if let both = accesses.first(where: { !$0.isStore && written.contains($0.memory) }) {
      throw refusal("repeat iterations of", hint: "\(both.memory) is read and written")
    }
  }

  private var accesses: [MemoryAccess] { [Stmt.loop(loop)].flatMap { accesses($0, scope) } }

  private func accesses(_ statement: Stmt, _ scope: IndexScope) -> [MemoryAccess] {
    switch statement {
    case .loop(let loop): return loop.body.flatMap { accesses($0, scope.entering(loop)) }
    case .declare(_, let value), .assign(_, let value): return loads(value, scope)
    case .store(let buffer, let at, let stride, let value):
      let access = Access(lanes: value.type.lanes, stride: stride)
      return [memoryAccess(buffer, at, access, isStore: true, scope)] + loads(at, scope) + loads(value, scope)
    case .branch(let condition, let then, let otherwise):
      return loads(condition, scope) + (then + otherwise).flatMap { accesses($0, scope) }
    }
  }

  private func loads(_ expr: Expr, _ scope: IndexScope) -> [MemoryAccess] {
    let inside = expr.children.flatMap { loads($0, scope) }
    guard let (buffer, at, access) = expr.readMemory else { return inside }
    return [memoryAccess(buffer, at, access, isStore: false, scope)] + inside
  }

  private func memoryAccess(_ buffer: Buffer, _ at: Expr, _ access: Access, isStore: Bool, _ scope: IndexScope) -> MemoryAccess {
    let isAlone = parameters.first { $0.buffer.name == buffer.name }?.isUnaliased ?? true
    return MemoryAccess(
      memory: isAlone ? buffer.name : "memory shared in place", elementBytes: buffer.dtype.byteCount, form: scope.form(at), access: access,
      isStore: isStore, scope: scope)
  }
}

extension LoopSite {
  /// No element is touched by both accesses in iterations that differ in one of the loops `names`.
  private func areApart(_ a: MemoryAccess, _ b: MemoryAccess, _ names: Set<String>) -> Bool {
    guard a.elementBytes == b.elementBytes else { return false }
    var coefficients: [String: Int] = [:]
    if let steps = common(a, b, names, &coefficients), isInjective(separation(a, b, except: steps), coefficients, a.scope) { return true }
    return separation(a, b, except: []).range.excludes(0)
  }

  private func separation(_ a: MemoryAccess, _ b: MemoryAccess, except names: Set<String>) -> Separation {
    var result = Separation(constant: a.form.constant - b.form.constant)
    let outside = LinearForm(constant: 0, terms: a.form.terms.filter { isShared($0.key) })
    result.outside = scope.interval(of: outside - LinearForm(constant: 0, terms: b.form.terms.filter { isShared($0.key) }))
    addTerms(of: a, 1, &result, except: names)
    addTerms(of: b, -1, &result, except: names)
    return result
  }

  /// The loops `names`, if both accesses have the same steps along all of them.
  private func common(_ a: MemoryAccess, _ b: MemoryAccess, _ names: Set<String>, _ coefficients: inout [String: Int]) -> Set<String>? {
    for name in names {
      let step = a.form.coefficient(of: name)
      guard step != 0, step == b.form.coefficient(of: name), !a.form.without(name).mentions(name), !b.form.without(name).mentions(name)
      else { return nil }
      coefficients[name] = Swift.abs(step)
    }
    return names
  }

  /// Variables of loops around this one have the same values on both sides and cancel; all others are taken apart.
  private func addTerms(of access: MemoryAccess, _ sign: Int, _ separation: inout Separation, except names: Set<String>) {
    for (product, coefficient) in access.form.terms where !isShared(product) && !names.contains(where: { product == [.index($0)] }) {
      separation.add(coefficient * sign, access.scope.interval(of: LinearForm(constant: 0, terms: [product: 1])))
    }
    if access.access.lanes > 1 { separation.add(access.access.stride * sign, Interval(0, access.access.lanes - 1)) }
  }

  /// A product that has the same value whatever iteration of this loop runs.
  private func isShared(_ product: [Expr]) -> Bool {
    let variables = product.reduce(into: Set<String>()) { $0.formUnion($1.variables) }
    return variables.allSatisfy { scope.holds($0) }
  }

  /// The distance is zero only where iterations are the same in all loops that have `coefficients`.
  private func isInjective(_ separation: Separation, _ coefficients: [String: Int], _ inner: IndexScope) -> Bool {
    guard Set(coefficients.values).count == coefficients.count, separation.outside == Interval(0) else { return false }
    var parts = separation.steps.filter { $0.value != Interval(0) }
      .map { SteppedSum.Part(step: $0.key, count: $0.value, isInQuestion: false) }
    for (name, coefficient) in coefficients {
      guard !parts.contains(where: { $0.step == coefficient }) else { return false }
      let range = inner.bounds(of: .index(name))
      parts.append(SteppedSum.Part(step: coefficient, count: range + range.scaled(by: -1), isInQuestion: true))
    }
    return SteppedSum(constant: separation.constant, parts: parts).vanishesOnlyAtZero
  }
}

extension LinearForm {
  fileprivate var shown: String { IndexScope().expr(self).description }
}
