/// Which outputs of a product share a block of lanes: those whose non-zero weights lie in much the same places, so that few lanes idle.
package struct LaneOrder {
  /// For each output the rows of its weights that are not zero, in order.
  package let rows: [[Int]]
  package let inner: Int
  package let lanes: Int

  package init(rows: [[Int]], inner: Int, lanes: Int) {
    (self.rows, self.inner, self.lanes) = (rows, inner, lanes)
  }

  /// Those with the most weights first, so that the last block, which may have idle lanes, is the shortest; then neighbouring blocks exchange
  /// outputs where that takes no more steps. Only the first where there is too much to try.
  package var order: [Int] {
    let sorted = rows.indices.sorted { (-rows[$0].count, $0) < (-rows[$1].count, $1) }
    guard rows.reduce(0, { $0 + $1.count }) * lanes * lanes <= 20_000_000 else { return sorted }
    var blocks = stride(from: 0, to: sorted.count, by: lanes).map { Array(sorted[$0..<min($0 + lanes, sorted.count)]) }
    for block in blocks.indices.dropLast() { exchange(&blocks, block, block + 1) }
    return blocks.flatMap { $0 }
  }

  /// Steps that all blocks take, in fours.
  package func fours(_ order: [Int]) -> Int {
    stride(from: 0, to: order.count, by: lanes).reduce(0) { $0 + fours(ofBlock: Array(order[$1..<min($1 + lanes, order.count)])) }
  }

  private func exchange(_ blocks: inout [[Int]], _ first: Int, _ second: Int) {
    var (a, b) = (blocks[first], blocks[second])
    var least = fours(ofBlock: a) + fours(ofBlock: b)
    for i in a.indices {
      for j in b.indices {
        swap(&a[i], &b[j])
        let found = fours(ofBlock: a) + fours(ofBlock: b)
        if found <= least { least = found } else { swap(&a[i], &b[j]) }
      }
    }
    (blocks[first], blocks[second]) = (a, b)
  }

  /// What `LaneQueues` gives for these outputs.
  private func fours(ofBlock outputs: [Int]) -> Int {
    var done = [Int](repeating: 0, count: outputs.count)
    var count = 0
    while true {
      var first = Int.max
      for (lane, output) in outputs.enumerated() where done[lane] < rows[output].count { first = min(first, rows[output][done[lane]]) }
      if first == .max { return count }
      let end = min(first, inner - 2 * lanes) + 2 * lanes
      for (lane, output) in outputs.enumerated() {
        let last = min(done[lane] + 4, rows[output].count)
        while done[lane] < last, rows[output][done[lane]] < end { done[lane] += 1 }
      }
      count += 1
    }
  }
}
