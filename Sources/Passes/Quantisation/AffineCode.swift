import Tensors

/// Real numbers as integers: `real = scale * (code - zero)`, so that 0 is exact. From 0 to 255, or wider: where sums and exponentials are
/// taken of them, or everywhere.
package struct AffineCode: Hashable, Sendable {
  /// A number of float32.
  package let scale: Double
  package let zero: Int
  /// The codes that there are.
  package let limits: ClosedRange<Int>
  /// Those of `asFactor`.
  private let factorScale: Double
  private let factorZero: Int
  private let factorLimits: ClosedRange<Int>

  package init(scale: Double, zero: Int) { self.init(scale: scale, zero: zero, limits: 0...255, asFactor: nil) }

  /// A wide code around 0; products and tables read the value as `asFactor` where that is given.
  package init(scale: Double, reach: Int, asFactor: AffineCode?) {
    self.init(scale: scale, zero: 0, limits: -reach...reach, asFactor: asFactor)
  }

  private init(scale: Double, zero: Int, limits: ClosedRange<Int>, asFactor: AffineCode?) {
    (self.scale, self.zero, self.limits) = (scale, zero, limits)
    (factorScale, factorZero, factorLimits) = (asFactor?.scale ?? scale, asFactor?.zero ?? zero, asFactor?.limits ?? limits)
  }

  /// All codes over a range, which is widened to hold 0.
  package init(_ range: ClosedRange<Double>) {
    let (low, high) = (min(range.lowerBound, 0), max(range.upperBound, 0))
    let step = Double(Float((high - low) / 255))
    // Reciprocals and products of steps have to be numbers, too.
    let scale = (1e-15...1e15).contains(step) ? step : step < 1e-15 ? 1e-15 : 1e15
    self.init(scale: scale, zero: Int(min(max((-low / scale).rounded(), 0), 255)))
  }

  package var dtype: DType { limits == 0...255 ? .uint8 : .int16 }
  package var isWide: Bool { dtype != .uint8 }
  /// The code that products and tables read the value in: often this one.
  package var asFactor: AffineCode { AffineCode(scale: factorScale, zero: factorZero, limits: factorLimits, asFactor: nil) }

  /// Nearly the same codes around 128, which products need not subtract from a second factor; `nil` where steps would become much larger.
  var centred: AffineCode? {
    let reach = max(-range.lowerBound, range.upperBound)
    guard !isWide, 2 * reach <= 1.4 * (range.upperBound - range.lowerBound) else { return nil }
    return AffineCode(scale: Double(Float(reach / 127)), zero: 128)
  }

  package func code(_ real: Double) -> Int {
    let code = (real / scale).rounded(.toNearestOrEven) + Double(zero)
    return code.isNaN ? zero : Int(min(max(code, Double(limits.lowerBound)), Double(limits.upperBound)))
  }

  package func real(_ code: Int) -> Double { scale * Double(code - zero) }

  package var range: ClosedRange<Double> { real(limits.lowerBound)...real(limits.upperBound) }
}
