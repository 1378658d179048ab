import LoopIR
import Targets
import Tensors

/// Cuts the loop over neighbours in memory into vectors, a few of which are computed together, and the rest into narrower ones.
struct ColumnTiling {
  let target: Target
  let limits: TileLimits

  /// `tile.lanes` is the outermost loop of the band, and `tile.others` are directly inside.
  func apply(_ plan: inout Plan, _ tile: Tile) throws(Diagnostic) {
    guard plan.has(tile.lanes) else { return try rows(&plan, tile, 1) }
    guard let extent = plan.extent(tile.lanes) else { return try open(&plan, tile) }
    let lanes = target.vectorWidths.first { $0 <= extent } ?? 1
    let vectors = extent / lanes
    let blocks = vectors.ceilingDivision(by: limits.columns)
    let columns = vectors.ceilingDivision(by: blocks)
    let rest = extent % (columns * lanes)
    if rest == 0 { return try block(&plan, tile, lanes, columns, .mustDivide) }
    if rest >= lanes || lanes == 1 { return try withTail(&plan, tile, lanes, columns) }
    if columns == 1 {
      // A last vector that overlaps the one before is cheaper than narrow ones.
      if plan.attempt({ (trial) throws(Diagnostic) in try overlapped(&trial, tile, lanes) }) { return }
      return try withTail(&plan, tile, lanes, 1)
    }
    try plan.apply(.partition(tile.lanes, at: [.index((vectors - 1) * lanes)]))
    try apply(&plan, tile.suffixed("_0"))
    try apply(&plan, tile.suffixed("_1"))
  }

  /// An extent that is known only at run time: vectors, then one element at a time.
  private func open(_ plan: inout Plan, _ tile: Tile) throws(Diagnostic) {
    guard target.lanes > 1 else { return }
    try block(&plan, tile, target.lanes, 1, .epilogue)
  }

  private func withTail(_ plan: inout Plan, _ tile: Tile, _ lanes: Int, _ columns: Int) throws(Diagnostic) {
    try block(&plan, tile, lanes, columns, .epilogue)
    try apply(&plan, tile.suffixed("_t"))
  }

  private func overlapped(_ plan: inout Plan, _ tile: Tile, _ lanes: Int) throws(Diagnostic) {
    try block(&plan, tile, lanes, 1, .overlapping)
    try apply(&plan, tile.suffixed("_t"))
  }

  /// Parts of `columns` vectors: the loop over lanes becomes vectors, the one over vectors is unrolled into the body, and then the rows.
  private func block(_ plan: inout Plan, _ tile: Tile, _ lanes: Int, _ columns: Int, _ tail: Directive.Tail) throws(Diagnostic) {
    try plan.apply(.split(tile.lanes, by: lanes * columns, tail: tail))
    var inner = [tile.lanes + "_i"]
    if lanes > 1, columns > 1 {
      try plan.apply(.split(inner[0], by: lanes, tail: .mustDivide))
      inner = [inner[0] + "_o", inner[0] + "_i"]
    }
    try plan.reorder(tile.others + inner)
    if lanes > 1, let last = inner.popLast() { try plan.apply(.vectorise(last)) }
    for name in inner where plan.has(name) { try plan.apply(.unrollAndJam(name)) }
    try rows(&plan, tile, columns)
  }

  private func rows(_ plan: inout Plan, _ tile: Tile, _ columns: Int) throws(Diagnostic) {
    try RowTiling(target: target, rows: limits.rows(columns * tile.accumulators)).apply(&plan, tile)
  }
}
