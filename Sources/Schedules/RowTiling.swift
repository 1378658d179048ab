import LoopIR
import Targets
import Tensors

/// Computes several iterations of a loop together, so that what they share is loaded once. Where windows stick out at the borders,
/// those are computed apart.
struct RowTiling {
  let target: Target
  /// Iterations that fit into the registers together.
  let rows: Int

  func apply(_ plan: inout Plan, _ tile: Tile) throws(Diagnostic) {
    guard rows > 1, let name = tile.rows, plan.has(name) else { return }
    guard plan.boundsDepend(on: name) else { return try filled(&plan, tile, name) }
    guard let inside = plan.interior(of: name), inside.range.count > 1 else { return }
    let before = plan
    try cut(&plan, tile, name, inside)
    if (try? plan.checkLength(target)) == nil { plan = before }
  }

  /// A loop that is too short to fill the registers is joined by some iterations of the one around it.
  private func filled(_ plan: inout Plan, _ tile: Tile, _ name: String) throws(Diagnostic) {
    let extent = plan.extent(name) ?? rows
    try balanced(&plan, name)
    guard let outer = tile.others.last(where: { $0 != name }), rows >= 2 * extent, extent > 1 else { return }
    _ = plan.attempt { (trial) throws(Diagnostic) in
      try RowTiling(target: target, rows: rows / extent).apply(
        &trial, Tile(lanes: tile.lanes, others: [outer], rows: outer, accumulators: 1))
      try trial.checkLength(target)
    }
  }

  /// The range of `name` cut into border, interior and border.
  private func cut(_ plan: inout Plan, _ tile: Tile, _ name: String, _ inside: Interior) throws(Diagnostic) {
    let rest = tile.others.filter { $0 != name }
    try plan.reorder([name] + rest)
    try plan.apply(.partition(name, at: inside.places.map { .index($0) }))
    for piece in 0...inside.places.count {
      let suffix = "_\(piece)"
      if piece == inside.position {
        try plan.reorder((rest + [name]).map { $0 + suffix })
        try balanced(&plan, name + suffix)
      } else if let other = rest.last {
        _ = plan.attempt { (trial) throws(Diagnostic) in try border(&trial, other + suffix) }
      }
    }
  }

  /// At a border the iterations of the next loop are computed together, where they are alike.
  private func border(_ plan: inout Plan, _ name: String) throws(Diagnostic) {
    guard plan.has(name) else { return }
    guard plan.boundsDepend(on: name) else { return try balanced(&plan, name) }
    guard let inside = plan.interior(of: name), inside.range.count > 1 else { return }
    try plan.apply(.partition(name, at: inside.places.map { .index($0) }))
    try balanced(&plan, "\(name)_\(inside.position)")
    try plan.checkLength(target)
  }

  /// Tiles whose sizes differ by one at most: a short last one would cost as much time as a full one.
  private func balanced(_ plan: inout Plan, _ name: String) throws(Diagnostic) {
    guard plan.has(name) else { return }
    guard let extent = plan.extent(name) else {
      try plan.apply(.split(name, by: rows, tail: .epilogue))
      return try plan.apply(.unrollAndJam(name + "_i"))
    }
    let tiles = extent.ceilingDivision(by: rows)
    let large = extent.balanced(rows)
    let smallCount = tiles * large - extent
    if smallCount == 0 { return try tiled(&plan, name, large, .mustDivide) }
    // Few repeated iterations are cheaper than a second copy of the code.
    if smallCount * 10 <= extent, plan.attempt({ (trial) throws(Diagnostic) in try tiled(&trial, name, large, .overlapping) }) { return }
    guard let loop = plan.kernel.loop(name) else { return }
    try plan.apply(.partition(name, at: [loop.lower + .index((tiles - smallCount) * large)]))
    try tiled(&plan, name + "_0", large, .mustDivide)
    try tiled(&plan, name + "_1", large - 1, .mustDivide)
  }

  private func tiled(_ plan: inout Plan, _ name: String, _ size: Int, _ tail: Directive.Tail) throws(Diagnostic) {
    guard size > 1, plan.has(name) else { return }
    try plan.apply(.split(name, by: size, tail: tail))
    try plan.apply(.unrollAndJam(name + "_i"))
  }
}

/// The iterations of a loop in which the loops inside have one range.
struct Interior {
  var range: Range<Int>
  /// Where the loop has to be cut, and which piece is then the interior.
  var places: [Int]
  var position: Int
}

extension Plan {
  /// The range of a loop inside of the loop `name` depends on it.
  func boundsDepend(on name: String) -> Bool { !dependentBounds(name).isEmpty }

  private func dependentBounds(_ name: String) -> [Expr] {
    (kernel.loop(name)?.body ?? []).flatMap(\.bounds).filter { $0.variables.contains(name) }
  }

  /// The longest run of iterations in which all bounds inside have the same values.
  func interior(of name: String) -> Interior? {
    guard let loop = kernel.loop(name), let lower = loop.lower.constantIndex, let upper = loop.upper.constantIndex, upper - lower <= 4096
    else { return nil }
    let bounds = dependentBounds(name)
    let keys = (lower..<upper).map { value in bounds.map { IndexScope().simplified($0.substituting([name: .index(value)])) } }
    var best = 0..<0
    var start = 0
    for index in keys.indices {
      if keys[index] != keys[start] { start = index }
      if index + 1 - start > best.count { best = start..<index + 1 }
    }
    let range = best.lowerBound + lower..<best.upperBound + lower
    return Interior(
      range: range, places: [range.lowerBound, range.upperBound].filter { $0 != lower && $0 != upper },
      position: range.lowerBound == lower ? 0 : 1)
  }
}

extension Stmt {
  /// Bounds of all loops in the statement.
  fileprivate var bounds: [Expr] {
    guard case .loop(let loop) = self else { return nested.flatMap(\.bounds) }
    return [loop.lower, loop.upper] + loop.body.flatMap(\.bounds)
  }
}
