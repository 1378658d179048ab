/// Names of the loops that a register tile is cut from. Copies of loops have suffixes: `suffixed` follows them.
struct Tile {
  /// Runs over neighbours in memory: lanes, and several vectors of them.
  var lanes: String
  /// The other loops of the band, outermost first.
  var others: [String]
  /// The loop among them of which several iterations share what is loaded for the lanes.
  var rows: String?
  /// Locals that one element is accumulated in.
  var accumulators: Int

  func suffixed(_ suffix: String) -> Tile {
    Tile(lanes: lanes + suffix, others: others.map { $0 + suffix }, rows: rows.map { $0 + suffix }, accumulators: accumulators)
  }
}

/// How large tiles may be.
struct TileLimits {
  /// Vectors side by side along the lanes.
  var columns: Int
  /// Rows for that many columns.
  var rows: @Sendable (_ columns: Int) -> Int
}
