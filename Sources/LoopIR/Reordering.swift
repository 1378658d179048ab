import Tensors

extension Kernel {
  /// The band of loops named `names` in that order.
  func reordering(_ names: [String], _ ranges: [String: ClosedRange<Int>]) throws(Diagnostic) -> Kernel {
    guard let outermost = loopNames.first(where: { names.contains($0) }) else {
      throw Diagnostic("there is no loop \(names.joined(separator: ", "))", hint: "the loops are \(loopNames.joined(separator: ", "))")
    }
    return try editing(outermost, ranges) { (site) throws(Diagnostic) in try site.reordered(names) }
  }
}

extension LoopSite {
  /// This loop and those directly inside, in another order. All of them must be independent of each other's iterations.
  func reordered(_ names: [String]) throws(Diagnostic) -> [Stmt] {
    var band = [loop]
    while band.count < names.count {
      guard band[band.count - 1].body.count == 1, case .loop(let inner) = band[band.count - 1].body[0] else { break }
      band.append(inner)
    }
    guard Set(band.map(\.variable)) == Set(names), band.count == names.count else {
      throw refusal("reorder", hint: "it does not hold \(names.joined(separator: ", ")) and nothing else, one in the other")
    }
    for inner in band where !inner.lower.variables.union(inner.upper.variables).isDisjoint(with: names) {
      throw refusal("reorder", hint: "the range of \(inner.variable) depends on another of these loops")
    }
    try checkIndependent(over: Set(names))
    let ordered = names.compactMap { name in band.first { $0.variable == name } }
    return ordered.reversed().reduce(band[band.count - 1].body) { body, loop in
      var moved = Loop(loop.variable, from: loop.lower, to: loop.upper, body: body)
      moved.scratch = loop.scratch
      return [.loop(moved)]
    }
  }
}
