/// SplitMix64 (Steele, Lea and Flood, 2014): small, fast, and the same on every machine, so that a printed seed is enough to see
/// a failure again.
package struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  package init(_ seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// What random elements look like. Friendly numbers alone let wrong kernels live.
package enum Draw: CaseIterable, Sendable {
  /// Between -1 and 1.
  case small
  /// Whole numbers between -8 and 8: sums of products are exact, so that any order of summation gives the same bits.
  case whole
  /// Signed zeros, ties, numbers around ±200, and equal ones.
  case hard
}

extension Tensor {
  package static func random(_ dtype: DType, _ dims: [Int], _ draw: Draw = .small, using generator: inout SeededGenerator) -> Tensor {
    let count = dims.reduce(1, *)
    return Tensor(dtype, dims, (0..<count).map { _ in draw.number(dtype, &generator) })
  }
}

extension Draw {
  fileprivate func number(_ dtype: DType, _ generator: inout SeededGenerator) -> Double {
    if dtype == .bool { return Double(Int.random(in: 0...1, using: &generator)) }
    let lowest = dtype.isSigned ? -1.0 : 0
    if dtype.isInteger || self == .whole { return Double.random(in: 8 * lowest...8, using: &generator).rounded() }
    if self == .small { return Double.random(in: lowest...1, using: &generator) }
    let extremes: [Double] = [0, -0.0, 200, -200, 0.5, -0.5, 1, -1, 88, -104, 1e-20, 2.5]
    let number =
      Bool.random(using: &generator)
      ? extremes[Int.random(in: 0..<extremes.count, using: &generator)] : Double.random(in: -3...3, using: &generator)
    return dtype.isSigned ? number : number.magnitude
  }
}
