import Tensors

/// The non-zero elements of a matrix `[K, N]` as `SparseProduct` reads them.
struct SparseSteps {
  let values: Tensor
  let numbers: Tensor
  let starts: Tensor

  let bounds: Tensor

  var steps: Int { 4 * values.dims[0] }
  var bytes: Int { [values, numbers, starts, bounds].reduce(0) { $0 + $1.bytes.count } }

  /// `nil` where the inputs do not fill two vectors.
  init?(_ matrix: Tensor, lanes: Int) {
    let (inner, outputs) = (matrix.dims[0], matrix.dims[1])
    guard inner >= 2 * lanes, outputs > 0, matrix.dtype == .float32 else { return nil }
    let weights = matrix.floats
    var (values, numbers, starts, bounds) = ([Float](), [Int64](), [Int64](), [Int64(0)])
    for block in stride(from: 0, to: outputs, by: lanes) {
      var queues = LaneQueues(
        (block..<min(block + lanes, outputs)).map { column in (0..<inner).filter { weights[$0 * outputs + column] != 0 } })
      while let four = queues.next(within: inner, window: 2 * lanes) {
        let place = starts.count
        starts.append(Int64(four.start))
        values += [Float](repeating: 0, count: 4 * lanes)
        numbers += [Int64](repeating: 0, count: lanes)
        for (lane, rows) in four.rows.enumerated() {
          for (step, row) in rows.enumerated() {
            values[(place * 4 + step) * lanes + lane] = weights[row * outputs + block + lane]
            numbers[place * lanes + lane] |= Int64(row - four.start) << Int64(8 * step)
          }
        }
      }
      bounds.append(Int64(starts.count))
    }
    if starts.isEmpty {
      // C has no empty arrays.
      (values, numbers, starts) = ([Float](repeating: 0, count: 4 * lanes), [Int64](repeating: 0, count: lanes), [0])
    }
    self.values = Tensor(floats: values, [starts.count, 4, lanes])
    self.numbers = Tensor(.int32, [starts.count, lanes], integers: numbers)
    self.starts = Tensor(inner <= 1 << 16 ? .uint16 : .int32, [starts.count], integers: starts)
    self.bounds = Tensor(.int32, [bounds.count], integers: bounds)
  }
}

/// Four steps with one start: for each lane the rows of up to four elements.
private struct FourSteps {
  var start: Int
  var rows: [[Int]]
}

/// What is left to do in the lanes of a block: rows with non-zero elements, in order.
private struct LaneQueues {
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
