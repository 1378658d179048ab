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
    let blocks = vectors.ceilingDivision(by: widest(plan))
    let columns = vectors.ceilingDivision(by: blocks)
    let size = columns * lanes
    if extent % size == 0 { return try block(&plan, tile, lanes, columns, .mustDivide) }
    if isWorthOverlapping(extent, size, lanes),
      plan.attempt({ (trial) throws(Diagnostic) in try block(&trial, tile, lanes, columns, .overlapping) })
    {
      return
    }
    try block(&plan, tile, lanes, columns, .epilogue)
    try apply(&plan, tile.suffixed("_t"))
  }

  /// A last part that overlaps the one before saves the code of narrower ones, if it does not repeat much.
  private func isWorthOverlapping(_ extent: Int, _ size: Int, _ lanes: Int) -> Bool {
    let computed = extent.ceilingDivision(by: size) * size
    let leastComputed = extent.ceilingDivision(by: lanes) * lanes
    return extent >= size && computed * 8 <= leastComputed * 9
  }

  /// An extent that is known only at run time: vectors, then one element at a time.
  private func open(_ plan: inout Plan, _ tile: Tile) throws(Diagnostic) {
    guard target.lanes > 1 else { return }
    try block(&plan, tile, target.lanes, 1, .epilogue)
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

  private func widest(_ plan: Plan) -> Int { Swift.max(1, plan.choice.columns ?? limits.columns) }

  private func rows(_ plan: inout Plan, _ tile: Tile, _ columns: Int) throws(Diagnostic) {
    let fitting = limits.rows(columns * tile.accumulators)
    // Narrow parts at the end have registers for more rows than were chosen.
    let rows = plan.choice.rows.map { columns < widest(plan) ? Swift.max($0, fitting) : $0 } ?? fitting
    try RowTiling(target: target, rows: rows).apply(&plan, tile)
  }
}
