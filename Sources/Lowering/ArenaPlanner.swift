import Tensors

/// Places blocks of memory with known lifetimes in one arena.
///
/// Every order of placement gives a plan by first fit; several orders are tried, first the well-known ones (by size, by
/// lifetime), then permutations of the best, and the smallest plan wins. Deterministic.
package struct ArenaPlanner {
  package struct Block: Hashable, Sendable {
    package var bytes: Int
    package var alignment: Int
    /// The first and the last step at which the block is needed.
    package var first: Int
    package var last: Int
    /// What the block holds. C compilers may move an access across one of another type to the same bytes, so that only blocks of
    /// one type share memory.
    package var dtype: DType

    package init(bytes: Int, alignment: Int, first: Int, last: Int, dtype: DType = .float32) {
      self.bytes = bytes
      self.alignment = alignment
      self.first = first
      self.last = last
      self.dtype = dtype
    }

    func isApart(from other: Block) -> Bool { dtype != other.dtype || first <= other.last && other.first <= last }
  }

  package struct Plan: Hashable, Sendable {
    package var offsets: [Int]
    package var bytes: Int
  }

  private let blocks: [Block]
  /// For each block those that may not share memory with it.
  private let neighbours: [[Int]]

  package init(_ blocks: [Block]) {
    self.blocks = blocks
    neighbours = blocks.indices.map { i in blocks.indices.filter { $0 != i && blocks[$0].isApart(from: blocks[i]) } }
  }

  /// The largest sum of bytes that are alive at one step: no plan needs less.
  package var lowerBound: Int {
    Set(blocks.map(\.first)).map { step in
      blocks.reduce(0) { $0 + ($1.first <= step && step <= $1.last ? $1.bytes : 0) }
    }.max() ?? 0
  }

  /// The best plan found.
  package func plan(attempts: Int = 400) -> Plan {
    let bound = lowerBound
    var best = startingOrders.map { (order: $0, plan: placed($0)) }.min { $0.plan.bytes < $1.plan.bytes } ?? (order: [], plan: placed([]))
    var random = SeededGenerator(0)
    for _ in 0..<(blocks.count > 2 ? attempts : 0) where best.plan.bytes > bound {
      var order = best.order
      for _ in 0..<2 { order.swapAt(order.indices.randomElement(using: &random) ?? 0, order.indices.randomElement(using: &random) ?? 0) }
      let plan = placed(order)
      if plan.bytes <= best.plan.bytes { best = (order, plan) }
    }
    return best.plan
  }

  private var startingOrders: [[Int]] {
    let keys: [(Block) -> (Int, Int)] = [
      { (-$0.bytes, $0.first) },
      { (-$0.bytes * ($0.last - $0.first + 1), $0.first) },
      { ($0.first - $0.last, -$0.bytes) },
      { ($0.first, -$0.bytes) },
      { (-$0.last, -$0.bytes) },
    ]
    return keys.map { key in
      blocks.enumerated().sorted { a, b in
        let (x, y) = (key(a.element), key(b.element))
        return (x.0, x.1, a.offset) < (y.0, y.1, b.offset)
      }.map(\.offset)
    }
  }

  /// First fit in the given order: each block goes to the lowest gap between the blocks that are in its way.
  private func placed(_ order: [Int]) -> Plan {
    var offsets = [Int?](repeating: nil, count: blocks.count)
    var end = 0
    for index in order {
      let taken = neighbours[index].compactMap { other in offsets[other].map { (start: $0, end: $0 + blocks[other].bytes) } }
        .sorted { $0.start < $1.start }
      var offset = 0
      for range in taken {
        if offset + blocks[index].bytes <= range.start { break }
        offset = max(offset, range.end.roundedUp(to: blocks[index].alignment))
      }
      offsets[index] = offset
      end = max(end, offset + blocks[index].bytes)
    }
    return Plan(offsets: offsets.map { $0 ?? 0 }, bytes: end)
  }
}

extension Int {
  package func roundedUp(to multiple: Int) -> Int { (self + multiple - 1) / multiple * multiple }
}
