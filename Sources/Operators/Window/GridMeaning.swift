import Tensors

/// The definition of sampling at a point between elements.
struct GridMeaning {
  /// A row of channels, or nothing where it lies beyond a border of zeros.
  typealias Tap = (place: Int?, weight: Double)

  let op: GridSample
  /// Of the whole tensor, `[N, spatial…, C]`.
  let dims: [Int]

  /// The rows of channels that make the element at a point, whose coordinates begin with that of the last axis.
  func taps(_ point: [Double], image: Int) -> [Tap] {
    point.indices.reduce([(place: image, weight: 1)]) { outer, axis in
      let extent = dims[axis + 1]
      let inner = taps(point[point.count - 1 - axis], extent)
      return outer.flatMap { head in
        inner.map { tap in (head.place.flatMap { place in tap.place.map { place * extent + $0 } }, head.weight * tap.weight) }
      }
    }
  }

  private func taps(_ coordinate: Double, _ extent: Int) -> [Tap] {
    let position = position(coordinate, extent)
    let base = position.rounded(.down)
    let (first, fraction) = (Int(base), position - base)
    switch op.interpolation {
    case .nearest: return [(element(first, extent), 1)]
    case .linear: return [(element(first, extent), 1 - fraction), (element(first + 1, extent), fraction)]
    case .cubic:
      let kernel = ResizeKernel.cubic(-0.75)
      return (-1...2).map { (element(first + $0, extent), kernel.weight(fraction - Double($0))) }
    }
  }

  /// Where the point lies on the axis, moved into reach of the tensor.
  private func position(_ coordinate: Double, _ extent: Int) -> Double {
    var position = op.coordinates.position(coordinate, extent)
    if op.interpolation == .nearest { position = position.rounded(.toNearestOrEven) }
    let (low, high) = op.coordinates.ends(extent)
    if position < low || position > high {
      switch op.border {
      case .zeros: break
      case .border: position = min(max(position, 0), Double(extent - 1))
      case .reflection: position = reflected(position, low, high)
      }
    }
    return position.isNaN ? GridNest.before : min(max(position, GridNest.before), Double(extent) + GridNest.behind)
  }

  private func reflected(_ position: Double, _ low: Double, _ high: Double) -> Double {
    let period = 2 * (high - low)
    let within = (position - low) - period * ((position - low) / period).rounded(.down)
    return low + min(within, period - within)
  }

  private func element(_ position: Int, _ extent: Int) -> Int? {
    if extent == 0 { return nil }
    return switch op.border {
    case .zeros: (0..<extent).contains(position) ? position : nil
    case .border: Pad.Mode.edge.source(position, extent)
    case .reflection: (op.coordinates == .middles ? Pad.Mode.reflect : .symmetric).source(position, extent)
    }
  }
}

extension GridSample.Coordinates {
  fileprivate func position(_ coordinate: Double, _ extent: Int) -> Double {
    switch self {
    case .edges: ((coordinate + 1) * Double(extent) - 1) / 2
    case .middles: (coordinate + 1) / 2 * Double(extent - 1)
    case .positions: coordinate
    }
  }

  /// Positions at which the tensor is mirrored.
  fileprivate func ends(_ extent: Int) -> (low: Double, high: Double) {
    self == .middles ? (0, Double(extent - 1)) : (-0.5, Double(extent) - 0.5)
  }
}
