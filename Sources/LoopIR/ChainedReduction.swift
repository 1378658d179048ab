import Tensors

extension LoopSite {
  /// `count` partial results, each over every `count`-th iteration, and their combination: a machine adds to several at a time, to
  /// each only when the last sum is there. Iterations that are left follow as the loop `L_t`.
  func chained(_ count: Int) throws(Diagnostic) -> [Stmt] {
    let accumulators = try self.accumulators()
    guard count > 1, count.nonzeroBitCount == 1, extent.map({ $0 >= count }) ?? true else {
      throw refusal("chain the reduction", hint: "\(count) chains must be a power of two, and no more than it has iterations")
    }
    try checkIndependent(over: [name], carrying: Set(accumulators.map(\.variable.name)))
    let parts = try split(by: count, .epilogue)
    guard case .loop(var main) = parts[0], case .loop(let inner) = main.body[0] else { return parts }
    main.body = (0..<count).flatMap { chain in
      let names = chain == 0 ? [:] : Dictionary(uniqueKeysWithValues: accumulators.map { ($0.variable.name, $0.chain(chain).name) })
      return inner.body.renamed("_\(chain)").map { $0.renaming(names).substituting([inner.variable: .index(chain)]) }
    }
    let starts = (1..<count).flatMap { chain in accumulators.map { Stmt.declare($0.chain(chain), $0.neutral) } }
    return starts + [.loop(main)] + accumulators.flatMap { $0.combined(count) } + parts.dropFirst()
  }

  /// The loop as it is where `outer` is even, and backwards where it is odd.
  func alternated(by outer: String) throws(Diagnostic) -> [Stmt] {
    guard scope.holds(outer), scope.bounds(of: .index(outer)).isNonNegative else {
      throw refusal("alternate", hint: "it does not lie in a loop \(outer) that counts from 0 or more")
    }
    try checkIndependent(over: [name], carrying: Set(try accumulators().map(\.variable.name)))
    let isOdd = Expr.index(outer) % 2
    let place = loop.lower + isOdd * (loop.upper - loop.lower - 1) + .index(name) * (1 - isOdd * 2)
    let body = loop.body.map { $0.substituting([name: place]) }
    return [.loop(Loop(name, to: loop.upper - loop.lower, body: body))]
  }
}

extension Accumulator {
  /// The local of a chain; the first keeps its own.
  fileprivate func chain(_ position: Int) -> Variable {
    position == 0 ? variable : Variable("\(variable.name)_c\(position)", variable.type)
  }

  /// Adds all chains up in the first, pair by pair.
  fileprivate func combined(_ count: Int) -> [Stmt] {
    var result: [Stmt] = []
    var left = count
    while left > 1 {
      left /= 2
      for position in 0..<left {
        let (to, from) = (chain(position), chain(position + left))
        result.append(.assign(to, .binary(function, .variable(to), .variable(from))))
      }
    }
    return result
  }
}
