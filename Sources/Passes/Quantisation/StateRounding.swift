/// Rounds recurrent kernels row by row: what rounding a row adds to the sums is taken back, as far as the states of calibration go
/// together, by the rows that follow, and last by a constant. (The order and the equations are those of successive interference
/// cancellation; GPTQ, Frantar et al. 2022, does the same to layers.)
struct StateRounding {
  private let size: Int
  /// The lower factor `G` of the moments, `GᵀG`, each row divided by its diagonal element.
  private let factor: [Double]

  /// `moments` are those of `StateMoments` for so many units; `nil` where they are not.
  init?(_ moments: [Double], units: Int) {
    let size = units + 1
    guard moments.count == size * size else { return nil }
    self.size = size
    var rest = moments
    // As if states had some noise of their own: without, those that never differ would be undetermined.
    let noise = 0.01 * (0..<units).reduce(0) { $0 + moments[$1 * size + $1] } / Double(units) + 1e-12
    for unit in 0..<units { rest[unit * size + unit] += noise }
    for row in (0..<size).reversed() {
      let pivot = rest[row * size + row]
      guard pivot > 0 else { return nil }
      for column in 0..<row { rest[row * size + column] /= pivot }
      rest.withUnsafeMutableBufferPointer { rest in
        for i in 0..<row {
          let scale = rest[row * size + i] * pivot
          for j in 0...i { rest[i * size + j] -= scale * rest[row * size + j] }
        }
      }
    }
    factor = rest
  }

  /// The integers for `weights`, `[units, columns]`, in steps of the columns, and what is to be added to the sums of each column in
  /// real numbers, for states that are real numbers.
  func integers(_ weights: [Double], steps: [Double]) -> (integers: [Int64], drift: [Double]) {
    let columns = steps.count
    var integers = [Int64](repeating: 0, count: weights.count)
    // What is left of each weight.
    var rest = [Double](repeating: 0, count: weights.count)
    for unit in 0..<size - 1 {
      let wanted = carried(rest, into: unit, columns)
      for column in 0..<columns {
        let (at, step) = (unit * columns + column, steps[column])
        let integer = min(max(((weights[at] + wanted[column]) / step).rounded(.toNearestOrEven), -127), 127)
        integers[at] = Int64(integer)
        rest[at] = weights[at] - integer * step
      }
    }
    return (integers, carried(rest, into: size - 1, columns))
  }

  /// What the rows before one leave to it.
  private func carried(_ rest: [Double], into row: Int, _ columns: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: columns)
    sums.withUnsafeMutableBufferPointer { sums in
      rest.withUnsafeBufferPointer { rest in
        for earlier in 0..<row {
          let share = factor[row * size + earlier]
          for column in 0..<columns { sums[column] += share * rest[earlier * columns + column] }
        }
      }
    }
    return sums
  }
}
