import LoopIR
import Targets
import Tensors

extension Strategy {
  /// Sums of products of elements that neighbours share with elements that lie side by side: matrix products, convolutions, recurrent
  /// steps. A tile of vectors stays in registers while the sums run.
  package static let contraction = Strategy(name: "contraction") { (plan, root, target) throws(Diagnostic) in
    guard let shape = plan.shape(root), let lanes = shape.laneLoop(), shape.reduces else { throw .anotherShape }
    try contract(&plan, root, target, shape, lanes, leastRows: 1)
  }

  /// A contraction whose streams do not lie side by side, as the second factor of a matrix product that is stored transposed. Many
  /// rows share what is gathered; where sums are long, dot products are better.
  package static let gatheredContraction = Strategy(name: "gathered contraction") { (plan, root, target) throws(Diagnostic) in
    guard let shape = plan.shape(root), let lanes = shape.laneLoop(gathering: true), shape.reduces, target.lanes > 1 else {
      throw .anotherShape
    }
    let length = shape.reductions.reduce(1) { $0 * (plan.extent($1) ?? 1 << 10) }
    guard length < 8 * target.lanes else { throw .anotherShape }
    try contract(&plan, root, target, shape, lanes, leastRows: 8)
  }

  private static func contract(
    _ plan: inout Plan, _ root: String, _ target: Target, _ shape: NestShape, _ lanes: String, leastRows: Int
  ) throws(Diagnostic) {
    let streams = shape.reduced.filter { $0.stride(along: lanes) != 0 }
    let shared = shape.reduced.filter { $0.stride(along: lanes) == 0 }
    guard !streams.isEmpty, !shared.isEmpty else { throw .anotherShape }
    let others = shape.band.map(\.variable).filter { $0 != lanes }
    // Iterations of these use the same streams.
    let reusing = others.filter { name in streams.allSatisfy { $0.stride(along: name) == 0 } }
    let apart = others.filter { !reusing.contains($0) }
    try plan.reorder(apart + [lanes] + reusing)
    let fused = plan.fuse(reusing)
    let blocks = plan.choice.blocks ?? plan.cacheBlocking(shape, rows: fused, lanes: lanes, target)?.blocks ?? 1
    let rows = try plan.blocked(fused, by: blocks, inside: apart + [lanes])
    guard plan.tileable(rows.last) >= leastRows else { throw .anotherShape }
    var accumulators = shape.accumulators
    var isAlternating = false
    if plan.tileable(rows.last) == 1 {
      isAlternating = plan.alternate(root, shape, target)
      accumulators *= plan.chain(shape, along: lanes, target)
    }
    let tile = Tile(lanes: lanes, others: rows, rows: rows.last, accumulators: accumulators)
    let far = streams.map(\.buffer).filter { plan.isWorthPrefetching($0, target) }
    let limits = TileLimits.contraction(target, plan.tileable(rows.last), accumulators, isStreaming: !isAlternating && !far.isEmpty)
    let near = streams.filter { plan.isLongPanel($0, shape, tile, columns: limits.columns, target) }.map(\.buffer)
    try ColumnTiling(target: target, limits: limits).apply(&plan, tile)
    plan.unrollShortLoops(shape.reductions.reversed())
    for buffer in Set(far + near) where !isAlternating {
      try plan.prefetch(buffer, isFar: far.contains(buffer), isLong: near.contains(buffer), panels: lanes + "_o", target)
    }
  }
}

extension Prefetch {
  /// Far enough ahead for the memory to answer. What is many times larger than the caches comes from the memory itself, which answers
  /// late: it would push out of the first cache what is in use.
  fileprivate static func ofStream(_ buffer: Buffer, _ target: Target) -> Prefetch {
    let size = buffer.dtype.byteCount
    let comesFromMemory = (target.caches.last ?? 0) < (buffer.count.constant ?? 0) / 8 * size
    return Prefetch(ahead: 8192 / size, level: comesFromMemory ? 2 : 1)
  }
}

extension Plan {
  /// The first of the rows cut into so many parts, with the loop over them outside of all.
  fileprivate mutating func blocked(_ rows: [String], by count: Int, inside outer: [String]) throws(Diagnostic) -> [String] {
    guard count > 1, let first = rows.first, has(first) else { return rows }
    guard let extent = extent(first), extent > count, extent.isMultiple(of: count) else { throw .anotherShape }
    try apply(.split(first, by: extent / count, tail: .mustDivide))
    let inner = [first + "_i"] + rows.dropFirst()
    try reorder([first + "_o"] + outer + inner)
    return inner
  }

  fileprivate func isWorthPrefetching(_ buffer: Buffer, _ target: Target) -> Bool {
    guard let chosen = choice.prefetches else { return comesFromAfar(buffer, target) }
    return chosen && original.parameters.contains { $0.buffer == buffer && !$0.isWritten }
  }

  /// A buffer that is only read, and that the caches of a core do not hold from one run to the next: it fills more than half of them.
  fileprivate func comesFromAfar(_ buffer: Buffer, _ target: Target) -> Bool {
    guard let cache = target.caches.last, let count = buffer.count.constant else { return false }
    guard 2 * count * buffer.dtype.byteCount > cache else { return false }
    return original.parameters.contains { $0.buffer == buffer && !$0.isWritten }
  }

  /// A stream from afar is asked for a panel ahead, where several tiles read each; one whose panels come from behind the first cache
  /// each time also a little ahead.
  fileprivate mutating func prefetch(
    _ buffer: Buffer, isFar: Bool, isLong: Bool, panels: String, _ target: Target
  ) throws(Diagnostic) {
    let before = self
    try apply(.prefetch(buffer.name, .ofStream(buffer, target)))
    guard isFar else { return }
    let start = isLong ? self : before
    _ = attempt { (trial) throws(Diagnostic) in
      trial = start
      try trial.apply(.prefetchPanels(buffer.name, along: panels, level: isLong ? 2 : 1))
    }
  }

  /// Whether what one tile after the other reads of a stream comes from behind the first cache each time.
  fileprivate func isLongPanel(
    _ stream: AccessPattern, _ shape: NestShape, _ tile: Tile, columns: Int, _ target: Target
  ) -> Bool {
    guard choice.prefetches == nil, let cache = target.caches.first, let length = reductionLength(shape) else { return false }
    // Where a vector is less than a line of the cache, several would ask for each line.
    guard tileable(tile.rows) > 1, target.lanes * stream.buffer.dtype.byteCount >= 64 else { return false }
    guard original.parameters.contains(where: { $0.buffer == stream.buffer && !$0.isWritten }) else { return false }
    return 2 * length * columns * target.lanes * stream.buffer.dtype.byteCount > cache
  }

  /// How many iterations of a loop are alike; as good as endless where it is not known when we compile.
  fileprivate func tileable(_ name: String?) -> Int {
    guard let name, has(name) else { return 1 }
    if boundsDepend(on: name) { return interior(of: name)?.range.count ?? 1 }
    return extent(name) ?? 1 << 20
  }
}

extension TileLimits {
  /// Of `rows` iterations and so many locals for each element: the shape of a tile that costs least. What comes from afar should be
  /// read once: then all rows may share one vector.
  fileprivate static func contraction(_ target: Target, _ rows: Int, _ locals: Int, isStreaming: Bool) -> TileLimits {
    let tallest: @Sendable (Int) -> Int = { vectors in
      // One register holds what the rows share, and one is spare.
      Swift.min(14, Swift.max(1, (target.registers - 2 - vectors) / vectors))
    }
    if rows == 1 { return TileLimits(columns: Swift.max(1, target.registers / 2 / locals), rows: tallest) }
    if isStreaming, rows * locals > tallest(2), rows * locals <= target.registers - 4 { return TileLimits(columns: 1) { _ in rows } }
    // Weights lie in blocks of two vectors.
    let widths = [4, 2, 1].filter { $0 == 1 || $0 * locals <= 4 }
    let costs = widths.map { ($0, cost(of: $0 * locals, rows.balanced(tallest($0 * locals)))) }
    return TileLimits(columns: costs.min { $0.1 < $1.1 }?.0 ?? 1, rows: tallest)
  }

  /// Cycles for each product on a machine with two multipliers of latency four and two loads at a time, and what streams cost.
  private static func cost(of vectors: Int, _ rows: Int) -> Double {
    let products = Double(vectors * rows)
    let loads = Double(vectors + rows) / products
    return Swift.max(0.5, 0.55 * loads, 4 / products) + 0.5 / Double(rows)
  }
}
