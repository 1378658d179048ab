import Tensors

/// The averages of the products of any two of the numbers of a recurrent layer's states, and of 1, over all steps of any number of
/// runs: how errors of the recurrent kernel act together.
package struct StateMoments: Hashable, Sendable {
  /// Layers with more units have none: they would take too long.
  private static let mostUnits = 1024
  /// So many products are summed at most; of longer data, steps are left out evenly.
  private static let mostProducts = 1 << 28

  private let runs: Int
  private var sums: [Double] = []
  private var count = 0
  private var seen = 0
  private var size = 0

  /// Of about so many tensors.
  package init(runs: Int) { self.runs = runs }

  /// The outputs of all steps, `[…, units]`.
  package mutating func add(_ tensor: Tensor) {
    guard let units = tensor.dims.last, units > 0, units <= Self.mostUnits, size == 0 || size == units + 1 else { return }
    if size == 0 {
      size = units + 1
      sums = [Double](repeating: 0, count: size * size)
    }
    let steps = tensor.count / units
    let stride = max(1, steps * runs * size * size / 2 / Self.mostProducts)
    let floats = tensor.floats
    for step in 0..<steps {
      seen += 1
      if seen % stride == 0 { add(floats[step * units..<(step + 1) * units].map { Double($0) } + [1]) }
    }
  }

  /// The lower half.
  private mutating func add(_ state: [Double]) {
    guard state.allSatisfy(\.isFinite) else { return }
    count += 1
    sums.withUnsafeMutableBufferPointer { sums in
      state.withUnsafeBufferPointer { state in
        for row in 0..<size {
          let factor = state[row]
          for column in 0...row { sums[row * size + column] += factor * state[column] }
        }
      }
    }
  }

  /// `[units + 1, units + 1]`, where the lower half counts; empty where nothing was seen.
  package var values: [Double] { count == 0 ? [] : sums.map { $0 / Double(count) } }
}
