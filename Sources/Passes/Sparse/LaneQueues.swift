/// What is done from one start: for each lane the rows of up to four elements.
struct FourSteps {
  var start: Int
  var rows: [[Int]]
}

/// What is left to do in the lanes of a block: rows with non-zero elements, in order.
struct LaneQueues {
  private let rows: [[Int]]
  private var done: [Int]

  init(_ rows: [[Int]]) {
    self.rows = rows
    done = rows.map { _ in 0 }
  }

  /// A four begins at the first row that any lane waits for, so that none is left behind; the others take what they can.
  mutating func next(within inner: Int, window: Int) -> FourSteps? {
    guard let first = rows.indices.compactMap({ done[$0] < rows[$0].count ? rows[$0][done[$0]] : nil }).min() else { return nil }
    let start = min(first, inner - window)
    return FourSteps(
      start: start,
      rows: rows.indices.map { lane in
        let taken = rows[lane][done[lane]...].prefix(4).prefix { $0 < start + window }
        done[lane] += taken.count
        return Array(taken)
      })
  }
}
