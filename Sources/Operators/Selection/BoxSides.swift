import LoopIR
import Tensors

/// A box along both axes.
struct BoxSides {
  private let low: [Double]
  private let high: [Double]

  init(_ box: [Double], isCentred: Bool) {
    if isCentred {
      (low, high) = ((0..<2).map { box[$0] - box[$0 + 2] / 2 }, (0..<2).map { box[$0] + box[$0 + 2] / 2 })
    } else {
      (low, high) = ((0..<2).map { min(box[$0], box[$0 + 2]) }, (0..<2).map { max(box[$0], box[$0 + 2]) })
    }
  }

  private var area: Double { (high[0] - low[0]) * (high[1] - low[1]) }

  /// The area that two boxes share as a part of what they cover together; less than any bound where there is none.
  func overlap(_ other: BoxSides) -> Double {
    let sides = (0..<2).map { min(high[$0], other.high[$0]) - max(low[$0], other.low[$0]) }
    let shared = sides[0] * sides[1]
    guard sides[0] > 0, sides[1] > 0, area > 0, other.area > 0 else { return -.infinity }
    return shared / (area + other.area - shared)
  }
}

extension BoxSides {
  /// In a nest: the low ends along both axes, the high ends, and the area.
  static func nest(_ box: [Expr], isCentred: Bool) -> [Expr] {
    let half = box[0].literal(0.5)
    let low = (0..<2).map { isCentred ? box[$0] - box[$0 + 2] * half : minimum(box[$0], box[$0 + 2]) }
    let high = (0..<2).map { isCentred ? box[$0] + box[$0 + 2] * half : maximum(box[$0], box[$0 + 2]) }
    return low + high + [(high[0] - low[0]) * (high[1] - low[1])]
  }

  /// What two boxes share, which is zero or less where one of them is empty, and what they cover together.
  static func overlap(_ a: [Expr], _ b: [Expr]) -> [Expr] {
    let sides = (0..<2).map { minimum(a[$0 + 2], b[$0 + 2]) - maximum(a[$0], b[$0]) }
    let zero = a[0].literal(0)
    let isSound = (sides[0] .> zero) .&& (sides[1] .> zero) .&& (a[4] .> zero) .&& (b[4] .> zero)
    let shared = sides[0] * sides[1]
    return [.select(isSound, shared, zero), .select(isSound, a[4] + b[4] - shared, a[0].literal(1))]
  }

  /// The part that is shared is more than `most`. Boxes that share nothing do not overlap, whatever the bound.
  static func exceeds(_ overlap: [Expr], _ most: Expr) -> Expr {
    (overlap[0] .> overlap[0].literal(0)) .&& (overlap[0] / overlap[1] .> most)
  }
}
