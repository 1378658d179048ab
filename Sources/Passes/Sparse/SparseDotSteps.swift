import Operators
import Tensors

/// The non-zero elements of an int8 matrix `[K, N]` as `SparseDots` reads them.
struct SparseDotSteps {
  let values: Tensor
  let numbers: Tensor
  let starts: Tensor
  let bounds: Tensor

  var pairs: Int { values.dims[0] }
  var bytes: Int { [values, numbers, starts, bounds].reduce(0) { $0 + $1.bytes.count } }

  /// `nil` where a step would see more than there is.
  init?(_ matrix: Tensor, lanes: Int) {
    let (inner, outputs, weights) = (matrix.dims[0], matrix.dims[1], matrix.integers)
    guard inner >= SparseDots.window, outputs > 0 else { return nil }
    var (values, numbers, starts, bounds) = ([Int64](), [Int64](), [Int64](), [Int64(0)])
    for block in stride(from: 0, to: outputs, by: lanes) {
      var queues = LaneQueues(
        (block..<min(block + lanes, outputs)).map { column in (0..<inner).filter { weights[$0 * outputs + column] != 0 } })
      while let four = queues.next(within: inner, window: SparseDots.window) {
        let step = starts.count
        starts.append(Int64(four.start))
        values += [Int64](repeating: 0, count: 4 * lanes)
        if step % 2 == 0 { numbers += [Int64](repeating: 0, count: 4 * lanes) }
        for (lane, rows) in four.rows.enumerated() {
          for (element, row) in rows.enumerated() {
            values[(step * lanes + lane) * 4 + element] = weights[row * outputs + block + lane]
            numbers[(step / 2 * lanes + lane) * 4 + element] |= Int64(row - four.start) << Int64(step % 2 * 4)
          }
        }
      }
      if starts.count % 2 == 1 {
        starts.append(0)
        values += [Int64](repeating: 0, count: 4 * lanes)
      }
      bounds.append(Int64(starts.count / 2))
    }
    if starts.isEmpty {
      // C has no empty arrays.
      (starts, numbers) = ([0, 0], [Int64](repeating: 0, count: 4 * lanes))
      values = [Int64](repeating: 0, count: 8 * lanes)
    }
    self.values = Tensor(.int8, [starts.count / 2, 2, 4 * lanes], integers: values)
    self.numbers = Tensor(.uint8, [starts.count / 2, 4 * lanes], integers: numbers)
    self.starts = Tensor(inner <= 1 << 16 ? .uint16 : .int32, [starts.count / 2, 2], integers: starts)
    self.bounds = Tensor(.int32, [bounds.count], integers: bounds)
  }
}
