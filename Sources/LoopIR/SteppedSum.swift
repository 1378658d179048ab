/// `constant + Σ step · count`, where of each count an interval is known, and some counts are in question.
package struct SteppedSum: Hashable, Sendable {
  package struct Part: Hashable, Sendable {
    /// Positive; no two parts of a sum have the same.
    var step: Int
    var count: Interval
    var isInQuestion: Bool

    package init(step: Int, count: Interval, isInQuestion: Bool) {
      self.step = step
      self.count = count
      self.isInQuestion = isInQuestion
    }
  }

  private let constant: Int
  /// By their steps.
  private let parts: [Part]

  package init(constant: Int, parts: [Part]) {
    self.constant = constant
    self.parts = parts.filter { $0.count != Interval(0) && $0.step != 0 }.sorted { $0.step < $1.step }
  }

  /// All values that it may have.
  var range: Interval { parts.reduce(Interval(constant)) { $0 + $1.count.scaled(by: $1.step) } }

  /// If true, the sum is zero only where all counts in question are.
  package var vanishesOnlyAtZero: Bool {
    guard parts.contains(where: \.isInQuestion), !range.excludes(0) else { return true }
    if parts.count == 1 { return constant == 0 || !constant.isMultiple(of: parts[0].step) }
    return parts.indices.dropFirst().reversed().contains { position in
      guard let (short, long) = parted(at: position) else { return false }
      if short.range.excludes(0) || long.range.excludes(0) { return true }
      return short.vanishesOnlyAtZero && long.vanishesOnlyAtZero
    }
  }

  /// Two sums that both are zero wherever this one is: all long steps are multiples of a number that the short ones do not reach.
  private func parted(at position: Int) -> (SteppedSum, SteppedSum)? {
    let (short, long) = (Array(parts[..<position]), Array(parts[position...]))
    let reach = SteppedSum(constant: 0, parts: short).range
    guard let lower = reach.lower, let upper = reach.upper else { return nil }
    let divisor = long.reduce(0) { greatestCommonDivisor($1.step, $0) }
    // Unrolled loops have left steps that only the constant shows: rows of a tile, for instance.
    for count in 1...64 where divisor.isMultiple(of: count) {
      let modulus = divisor / count
      let rest = (constant % modulus + modulus) % modulus
      for rest in [rest, rest - modulus].sorted(by: { abs($0) < abs($1) }) where lower + rest > -modulus && upper + rest < modulus {
        return (SteppedSum(constant: rest, parts: short), SteppedSum(constant: constant - rest, parts: long))
      }
    }
    return nil
  }
}
