import LoopIR
import Tensors

/// One of the elements that a sample is made of, in a nest.
struct GridTap {
  /// Along the spatial axes.
  var place: [Expr]
  var weight: Expr
  /// Whether it is an element, or nothing beyond a border of zeros; `nil` where it always is one.
  var isInside: Expr?

  /// The tap of more axes.
  func joined(with other: GridTap) -> GridTap {
    let conditions = [isInside, other.isInside].compactMap { $0 }
    return GridTap(
      place: place + other.place, weight: place.isEmpty ? other.weight : weight * other.weight,
      isInside: conditions.dropFirst().reduce(conditions.first) { both, condition in both.map { $0 .&& condition } })
  }

  /// What `load` finds, or zero.
  func element(_ load: ([Expr]) -> Expr) -> Expr {
    let found = load(place)
    return isInside.map { .select($0, found, .constant(0, found.dtype)) } ?? found
  }
}

/// Sampling along one axis, in a nest.
struct GridNest {
  /// What lies further outside is moved to here: beyond the reach of any tap on an element, and small enough for an index.
  static let before = -4.0
  /// Counted from the extent.
  static let behind = 3.0

  let op: GridSample
  let axis: Int
  let extent: Expr
  /// The type of weights.
  let wide: DType

  /// Locals for the taps of a sample, which `body` is given.
  func overTaps(_ coordinate: Expr, @NestBuilder _ body: ([GridTap]) -> [Stmt]) -> [Stmt] {
    let length = extent.converted(to: coordinate.dtype)
    return local("position\(axis)", position(coordinate, length)) { found in
      local("point\(axis)", bounded(moved(found.value, length), length)) { point in
        local("floor\(axis)", point.value.applying(.floor)) { floor in
          local("base\(axis)", floor.value.converted(to: .int32)) { base in
            local("fraction\(axis)", (point.value - floor.value).converted(to: wide)) { fraction in
              taps(base.value, weights(fraction.value), body)
            }
          }
        }
      }
    }
  }

  private func taps(_ base: Expr, _ weights: [Expr], _ body: ([GridTap]) -> [Stmt]) -> [Stmt] {
    let first = weights.count == 4 ? -1 : 0
    let named = weights.indices.map { base + .index(first + $0) }
    return locals("place\(axis)_", named.map(place)) { places in
      locals("weight\(axis)_", weights) { weights in
        locals("inside\(axis)_", op.border == .zeros ? named.map { isContained($0, extent) } : []) { inside in
          body(places.indices.map { GridTap(place: [places[$0]], weight: weights[$0], isInside: inside.isEmpty ? nil : inside[$0]) })
        }
      }
    }
  }

  /// Where the coordinate lies on the axis of `length` elements.
  private func position(_ x: Expr, _ length: Expr) -> Expr {
    let (one, half) = (x.literal(1), x.literal(0.5))
    let found =
      switch op.coordinates {
      case .edges: ((x + one) * length - one) * half
      case .middles: (x + one) * half * (length - one)
      case .positions: x
      }
    return op.interpolation == .nearest ? found.applying(.round) : found
  }

  /// The position moved into the tensor, where that is what lies beyond its ends.
  private func moved(_ x: Expr, _ length: Expr) -> Expr {
    let low = x.literal(op.coordinates == .middles ? 0 : -0.5)
    let high = length + x.literal(op.coordinates == .middles ? -1 : -0.5)
    let isOutside = Expr.binary(.or, x .< low, x .> high)
    switch op.border {
    case .zeros: return x
    case .border: return .select(isOutside, minimum(maximum(x, x.literal(0)), length - x.literal(1)), x)
    case .reflection:
      let period = (high - low) * x.literal(2)
      let within = (x - low) - period * ((x - low) / period).applying(.floor)
      return .select(isOutside, low + minimum(within, period - within), x)
    }
  }

  /// In the reach of an index; NaN becomes the first there.
  private func bounded(_ x: Expr, _ length: Expr) -> Expr {
    minimum(length + x.literal(Self.behind), maximum(x.literal(Self.before), x))
  }

  private func weights(_ fraction: Expr) -> [Expr] {
    let one = fraction.literal(1)
    switch op.interpolation {
    case .nearest: return [one]
    case .linear: return [one - fraction, fraction]
    case .cubic: return [outer(fraction + one), inner(fraction), inner(one - fraction), outer(fraction.literal(2) - fraction)]
    }
  }

  /// Keys' cubic at a distance of at most one.
  private func inner(_ t: Expr) -> Expr { (t.literal(1.25) * t - t.literal(2.25)) * t * t + t.literal(1) }

  /// The same at a distance between one and two.
  private func outer(_ t: Expr) -> Expr { ((t.literal(-0.75) * t + t.literal(3.75)) * t - t.literal(6)) * t + t.literal(3) }

  /// The element that stands at a position, or any where there is none.
  private func place(_ position: Expr) -> Expr {
    guard op.border == .reflection else { return minimum(maximum(position, 0), extent - 1) }
    let isMiddles = op.coordinates == .middles
    let period = isMiddles ? maximum(extent * 2 - 2, 1) : extent * 2
    // Eight periods keep the numerator from being negative.
    let within = (position + period * 8) % period
    return minimum(within, (isMiddles ? extent * 2 - 2 : extent * 2 - 1) - within)
  }
}
