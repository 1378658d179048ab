import Tensors

extension IntegerWeights {
  /// Floats that are products of whole numbers from -128 to 127 and a float32 of their own for each channel, as dequantising leaves them.
  /// `nil` where they are not, to the last bit.
  init?(exactly weights: Tensor, channels: Int, channel: (Int) -> Int) {
    let reals = weights.doubles
    if weights.dtype.isInteger {
      guard reals.allSatisfy({ (-128...127).contains($0) }) else { return nil }
      self.init(weights.integers, weights.dims, steps: [Double](repeating: 1, count: channels), channel)
      return
    }
    guard weights.dtype == .float32, reals.allSatisfy(\.isFinite) else { return nil }
    if let step = IntegerWeights.commonStep(reals) {
      self.init(reals.map { Int64(($0 / step).rounded()) }, weights.dims, steps: [Double](repeating: step, count: channels), channel)
      return
    }
    var rows = [[Double]](repeating: [], count: channels)
    for (flat, real) in reals.enumerated() { rows[channel(flat)].append(real) }
    var steps: [Double] = []
    for row in rows {
      guard let step = IntegerWeights.commonStep(row) else { return nil }
      steps.append(step)
    }
    let integers = reals.enumerated().map { flat, real in Int64((real / steps[channel(flat)]).rounded()) }
    self.init(integers, weights.dims, steps: steps, channel)
  }

  /// A float32 of which all numbers are multiples by -128 to 127, each rounded once.
  private static func commonStep(_ reals: [Double]) -> Double? {
    guard let peak = reals.max(by: { abs($0) < abs($1) }), peak != 0 else { return 1 }
    let most = Float(abs(peak))
    // Quantisers use the whole range.
    for whole in [127, 128] + (1...126).reversed() where whole < 128 || peak < 0 {
      let near = most / Float(whole)
      for step in [near, near.nextUp, near.nextDown] where step.isNormal && step * Float(whole) == most {
        if reals.allSatisfy({ real in isMultiple(real, of: step) }) { return Double(step) }
      }
    }
    return nil
  }

  private static func isMultiple(_ real: Double, of step: Float) -> Bool {
    let whole = (real / Double(step)).rounded()
    return (-128...127).contains(whole) && Double(Float(whole) * step) == real
  }
}
