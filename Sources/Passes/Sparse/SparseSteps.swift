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
