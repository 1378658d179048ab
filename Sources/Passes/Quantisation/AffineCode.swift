/// Real numbers as integers from 0 to 255: `real = scale * (code - zero)`, so that 0 is exact.
package struct AffineCode: Hashable, Sendable {
  /// A number of float32.
  package let scale: Double
  package let zero: Int

  package init(scale: Double, zero: Int) {
    self.scale = scale
    self.zero = zero
  }

  /// All codes over a range, which is widened to hold 0.
  package init(_ range: ClosedRange<Double>) {
    let (low, high) = (min(range.lowerBound, 0), max(range.upperBound, 0))
    let step = Double(Float((high - low) / 255))
    // Reciprocals and products of steps have to be numbers, too.
    scale = (1e-15...1e15).contains(step) ? step : step < 1e-15 ? 1e-15 : 1e15
    zero = Int(min(max((-low / scale).rounded(), 0), 255))
  }

  package func code(_ real: Double) -> Int {
    let code = (real / scale).rounded(.toNearestOrEven) + Double(zero)
    return code.isNaN ? zero : Int(min(max(code, 0), 255))
  }

  package func real(_ code: Int) -> Double { scale * Double(code - zero) }

  package var range: ClosedRange<Double> { real(0)...real(255) }
}
