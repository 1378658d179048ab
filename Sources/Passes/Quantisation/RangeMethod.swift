import Glibc
import Tensors

/// How the range that codes cover is chosen: what lies outside is moved to its ends, what lies inside is rounded to its steps.
package enum RangeMethod: String, CaseIterable, Sendable {
  /// Everything that was seen.
  case minmax
  /// All but one in ten thousand at either end.
  case percentile
  /// The range whose codes keep the distribution of what was seen (the least Kullback-Leibler divergence).
  case entropy
  /// The least mean squared error.
  case mse
  /// Of the others, for each value the one with the least error on elements that it was not chosen by, in the fourth power, so that few
  /// large errors weigh as much as many small ones.
  case best
}

extension RangeMethod {
  package func range(of sample: ValueSample) -> ClosedRange<Double> {
    let whole = sample.range
    guard sample.elements.count >= 16, whole.upperBound > whole.lowerBound else { return whole }
    switch self {
    case .minmax: return whole
    case .percentile: return Self.percentile(sample.elements, within: whole)
    case .entropy: return Self.leastDivergence(sample.elements, within: whole)
    case .mse: return Self.leastError(sample.elements, within: whole)
    case .best: return Self.best(sample)
    }
  }

  /// Every other element judges ranges that the rest have chosen.
  private static func best(_ sample: ValueSample) -> ClosedRange<Double> {
    let halves = [0, 1].map { half in sample.elements.enumerated().filter { $0.offset % 2 == half }.map(\.element) }
    let whole = sample.range
    let candidates = [
      whole, percentile(halves[0], within: whole), leastDivergence(halves[0], within: whole), leastError(halves[0], within: whole),
    ]
    let errors = candidates.map { error(halves[1], $0, power: 4) }
    return zip(candidates, errors).min { $0.1 < $1.1 }?.0 ?? whole
  }

  private static func percentile(_ elements: [Float], within whole: ClosedRange<Double>) -> ClosedRange<Double> {
    let sorted = elements.sorted()
    let out = Int((Double(sorted.count) * 1e-4).rounded(.up))
    guard sorted.count > 2 * out + 1 else { return whole }
    return Double(sorted[out])...Double(sorted[sorted.count - 1 - out])
  }

  /// The mean of the squares, or of the fourth powers, of what codes lose.
  static func error(_ elements: [Float], _ range: ClosedRange<Double>, power: Int = 2) -> Double {
    let code = AffineCode(range)
    let (inverse, zero) = (Float(1 / code.scale), Float(code.zero))
    var sum: Float = 0
    var total = 0.0
    for (index, element) in elements.enumerated() {
      let steps = element * inverse
      let kept = min(max((steps + zero).rounded(), 0), 255) - zero
      let square = (steps - kept) * (steps - kept)
      sum += power == 4 ? square * square : square
      if index & 255 == 255 {
        total += Double(sum)
        sum = 0
      }
    }
    let unit = code.scale * code.scale
    return (total + Double(sum)) * (power == 4 ? unit * unit : unit) / Double(max(elements.count, 1))
  }

  /// Shares of the whole range that are tried at each end.
  private static let shares: [Double] = (0...20).map { 1 - 0.04 * Double($0) }

  /// Moves one end after the other to where the error is least.
  private static func leastError(_ elements: [Float], within whole: ClosedRange<Double>) -> ClosedRange<Double> {
    var best = whole
    for _ in 0..<2 {
      let lower = whole.lowerBound < 0 ? shares.map { whole.lowerBound * $0...max(best.upperBound, 0) } : [best]
      best = lower.min { error(elements, $0) < error(elements, $1) } ?? best
      let upper = whole.upperBound > 0 ? shares.map { min(best.lowerBound, 0)...whole.upperBound * $0 } : [best]
      best = upper.min { error(elements, $0) < error(elements, $1) } ?? best
    }
    return best
  }

  /// Shrinks both ends together (Migacz, 8-bit Inference with TensorRT, 2017, for ranges that need not be symmetric).
  private static func leastDivergence(_ elements: [Float], within whole: ClosedRange<Double>) -> ClosedRange<Double> {
    let candidates = shares.map { min(whole.lowerBound, 0) * $0...max(whole.upperBound, 0) * $0 }
    return candidates.min { divergence(elements, $0) < divergence(elements, $1) } ?? whole
  }

  /// Of the elements, clipped to the range and counted in fine bins, from the same after each code has spread what it holds evenly over
  /// those of its bins that hold anything.
  private static func divergence(_ elements: [Float], _ range: ClosedRange<Double>) -> Double {
    let (codes, fine) = (256, 8)
    let low = Float(range.lowerBound)
    let bins = Float(codes * fine) / Float(max(range.upperBound - range.lowerBound, 1e-30))
    var clipped = [Double](repeating: 0, count: codes * fine)
    var inside = clipped
    for element in elements {
      let position = ((element - low) * bins).rounded(.down)
      clipped[Int(min(max(position, 0), Float(codes * fine - 1)))] += 1
      if position >= 0, position < Float(codes * fine) { inside[Int(position)] += 1 }
    }
    var sum = 0.0
    let total = Double(max(elements.count, 1))
    for code in 0..<codes {
      let part = code * fine..<(code + 1) * fine
      let held = part.reduce(0) { $0 + inside[$1] }
      let filled = Double(part.filter { clipped[$0] > 0 }.count)
      for bin in part where clipped[bin] > 0 {
        let expected = max(held / filled, 1e-3)
        sum += clipped[bin] / total * log(clipped[bin] / expected)
      }
    }
    return sum
  }
}
