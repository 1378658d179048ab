/// The integers from `lower` to `upper`, both included; `nil` is unbounded.
package struct Interval: Hashable, Sendable {
  package var lower: Int?
  package var upper: Int?

  package init(_ lower: Int?, _ upper: Int?) {
    self.lower = lower
    self.upper = upper
  }

  package init(_ value: Int) { self.init(value, value) }
  package static let unbounded = Interval(nil, nil)

  package var isNonNegative: Bool { lower.map { $0 >= 0 } ?? false }
  /// The only value, if there is but one.
  package var single: Int? { lower == upper ? lower : nil }

  package func excludes(_ value: Int) -> Bool { (lower.map { $0 > value } ?? false) || (upper.map { $0 < value } ?? false) }

  package func contains(_ other: Interval) -> Bool {
    (lower.map { bound in other.lower.map { $0 >= bound } ?? false } ?? true)
      && (upper.map { bound in other.upper.map { $0 <= bound } ?? false } ?? true)
  }
}

extension Interval {
  package static func + (a: Interval, b: Interval) -> Interval { Interval(sum(a.lower, b.lower), sum(a.upper, b.upper)) }

  package func scaled(by factor: Int) -> Interval {
    if factor == 0 { return Interval(0) }
    let (a, b) = (Interval.product(lower, factor), Interval.product(upper, factor))
    return factor > 0 ? Interval(a, b) : Interval(b, a)
  }

  package static func * (a: Interval, b: Interval) -> Interval {
    if let value = a.single { return b.scaled(by: value) }
    if let value = b.single { return a.scaled(by: value) }
    if a.isNonNegative, b.isNonNegative { return Interval(product(a.lower, b.lower), product(a.upper, b.upper)) }
    let corners = [product(a.lower, b.lower), product(a.lower, b.upper), product(a.upper, b.lower), product(a.upper, b.upper)]
    let known = corners.compactMap { $0 }
    return known.count == corners.count ? Interval(known.min(), known.max()) : .unbounded
  }

  /// Quotients that C's division by `divisor > 0` gives.
  package func divided(by divisor: Int) -> Interval { Interval(lower.map { $0 / divisor }, upper.map { $0 / divisor }) }

  /// Rests that C's division by `divisor > 0` leaves.
  package func remainder(by divisor: Int) -> Interval {
    guard isNonNegative else { return Interval(1 - divisor, divisor - 1) }
    return Interval(0, Swift.min(upper ?? Int.max, divisor - 1))
  }

  package func minimum(_ other: Interval) -> Interval {
    Interval(Interval.both(lower, other.lower, Swift.min), Interval.either(upper, other.upper, Swift.min))
  }

  package func maximum(_ other: Interval) -> Interval {
    Interval(Interval.either(lower, other.lower, Swift.max), Interval.both(upper, other.upper, Swift.max))
  }

  package func union(_ other: Interval) -> Interval {
    Interval(Interval.both(lower, other.lower, Swift.min), Interval.both(upper, other.upper, Swift.max))
  }

  package func intersection(_ other: Interval) -> Interval {
    Interval(Interval.either(lower, other.lower, Swift.max), Interval.either(upper, other.upper, Swift.min))
  }
}

extension Interval {
  private static func sum(_ a: Int?, _ b: Int?) -> Int? {
    guard let a, let b else { return nil }
    let (value, overflow) = a.addingReportingOverflow(b)
    return overflow ? nil : value
  }

  private static func product(_ a: Int?, _ b: Int?) -> Int? {
    guard let a, let b else { return nil }
    let (value, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? nil : value
  }

  /// Known only where both are.
  private static func both(_ a: Int?, _ b: Int?, _ combine: (Int, Int) -> Int) -> Int? {
    guard let a, let b else { return nil }
    return combine(a, b)
  }

  /// Known where one of them is.
  private static func either(_ a: Int?, _ b: Int?, _ combine: (Int, Int) -> Int) -> Int? {
    guard let a, let b else { return a ?? b }
    return combine(a, b)
  }
}
