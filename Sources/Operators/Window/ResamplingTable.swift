import Glibc
import Tensors

/// Which elements of an axis make each element of a resized axis, and with which weights: what `Resample` reads.
package struct ResamplingTable: Hashable, Sendable {
  /// The first element of each row.
  package private(set) var starts: [Int]
  /// As many weights for every row; `nil` where each row is one element as it is.
  package private(set) var weights: [[Double]]?

  private init(starts: [Int], weights: [[Double]]?) {
    self.starts = starts
    self.weights = weights
  }

  package var startsTensor: Tensor { Tensor(.int32, [starts.count], integers: starts.map { Int64($0) }) }

  package func weightsTensor(_ dtype: DType) -> Tensor? {
    weights.map { Tensor(dtype, [$0.count, $0.first?.count ?? 0], $0.flatMap { $0 }) }
  }
}

/// Where the elements of a resized axis lie on the axis they are made from.
package enum ResizeCoordinates: String, Hashable, Sendable, CaseIterable {
  /// Elements are intervals: their middles lie at halves, and the ends of both axes fall together.
  case halfPixel = "half_pixel"
  /// As `halfPixel`, but a single element lies at the first.
  case halfPixelButOne = "pytorch_half_pixel"
  /// Elements are points; the first of both axes fall together.
  case asymmetric
  /// Elements are points; the first and the last of both axes fall together.
  case alignCorners = "align_corners"
  /// As `halfPixel`, but the middles of both axes fall together, also where the result is shorter or longer than the scale says.
  case halfPixelSymmetric = "half_pixel_symmetric"
  /// Elements are points; the first and the last are the start and the end of a part of the axis, which may reach beyond it.
  case cropped = "tf_crop_and_resize"
}

/// How a coordinate between two elements becomes one of them.
package enum NearestRounding: String, Hashable, Sendable, CaseIterable {
  case floor, ceil
  case preferFloor = "round_prefer_floor"
  case preferCeil = "round_prefer_ceil"
}

/// How much an element counts by its distance.
package enum ResizeKernel: Hashable, Sendable {
  case linear
  /// Keys' cubic with this coefficient: -0.5 in TensorFlow, -0.75 elsewhere.
  case cubic(Double)
  case lanczos(Int)
}

extension ResizeCoordinates {
  /// The coordinate of element `position`. Computed in float32 as the frameworks do: where it falls on a tie, that decides.
  func source(_ position: Int, _ axis: ResizedAxis) -> Float {
    let (place, last) = (Float(position), Float(axis.input - 1))
    switch self {
    case .halfPixel: return axis.scaled(place + 0.5) - 0.5
    case .halfPixelButOne: return axis.output == 1 ? 0 : axis.scaled(place + 0.5) - 0.5
    case .halfPixelSymmetric: return Float(axis.input) / 2 * (1 - Float(axis.output) / axis.length) + axis.scaled(place + 0.5) - 0.5
    case .asymmetric: return axis.scaled(place)
    case .alignCorners: return axis.length == 1 ? 0 : place * (last / (axis.length - 1))
    case .cropped:
      let (start, end) = (Float(axis.start), Float(axis.end))
      return axis.output == 1 ? (start + end) * last / 2 : start * last + place * (end - start) * last / (axis.length - 1)
    }
  }

  /// Element `position` is made from nothing on the axis.
  func isBeyond(_ position: Int, _ axis: ResizedAxis) -> Bool {
    let source = source(position, axis)
    return self == .cropped && (source < 0 || source > Float(axis.input - 1))
  }
}

extension NearestRounding {
  func rounded(_ source: Float) -> Float {
    switch self {
    case .floor: source.rounded(.down)
    case .ceil: source.rounded(.up)
    case .preferFloor: (source - 0.5).rounded(.up)
    case .preferCeil: (source + 0.5).rounded(.down)
    }
  }
}

extension ResizeKernel {
  /// Beyond this distance nothing counts.
  var radius: Int {
    switch self {
    case .linear: 1
    case .cubic: 2
    case .lanczos(let lobes): lobes
    }
  }

  func weight(_ distance: Double) -> Double {
    let t = abs(distance)
    switch self {
    case .linear: return max(0, 1 - t)
    case .cubic(let a):
      if t <= 1 { return ((a + 2) * t - (a + 3)) * t * t + 1 }
      return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0
    case .lanczos(let lobes):
      if t < 1e-9 { return 1 }
      let (x, n) = (Double.pi * t, Double(lobes))
      return t > n ? 0 : n * Glibc.sin(x) * Glibc.sin(x / n) / (x * x)
    }
  }
}

extension ResamplingTable {
  /// One element for each, as it is.
  static func nearest(
    _ axis: ResizedAxis, _ coordinates: ResizeCoordinates = .halfPixel, _ rounding: NearestRounding = .preferCeil
  ) -> ResamplingTable {
    let starts = (0..<axis.output).map { position in
      let source = coordinates.source(position, axis)
      return max(0, min(Int(rounding.rounded(source)), axis.input - 1))
    }
    return ResamplingTable(starts: starts, weights: nil)
  }

  /// Weighted sums. `antialias` widens the kernel where the axis shrinks. Elements beyond the ends do not count and the weights of
  /// the others make up for them; with `repeatsEnds` the first and last stand for those beyond. `steps` rounds distances to that part
  /// of an element: TensorFlow looks up its plain cubic in a table of 1024.
  static func filtered(
    _ axis: ResizedAxis, _ kernel: ResizeKernel, _ coordinates: ResizeCoordinates = .halfPixel, antialias: Bool = false,
    repeatsEnds: Bool = false, steps: Int? = nil
  ) -> ResamplingTable {
    let stretch = antialias ? max(axis.stretch, 1) : 1
    let rows = (0..<axis.output).map { position in
      let source = rounded(Double(coordinates.source(position, axis)), steps)
      let reach = Double(kernel.radius) * stretch
      let range = Int((source - reach).rounded(.up))...Int((source + reach).rounded(.down))
      return range.map { (place: $0, weight: kernel.weight((Double($0) - source) / stretch)) }
    }
    return ResamplingTable(rows.map { settledRow($0, axis.input, repeatsEnds: repeatsEnds) }, axis.input)
  }

  /// Rows of different lengths, filled up with zeros on the side where there is room.
  private init(_ rows: [(first: Int, weights: [Double])], _ input: Int) {
    let taps = rows.map(\.weights.count).max() ?? 1
    starts = rows.map { min($0.first, input - taps) }
    weights = zip(starts, rows).map { start, row in
      let before = [Double](repeating: 0, count: row.first - start)
      return before + row.weights + [Double](repeating: 0, count: taps - before.count - row.weights.count)
    }
  }

  private static func rounded(_ source: Double, _ steps: Int?) -> Double {
    guard let steps else { return source }
    let whole = source.rounded(.down)
    return whole + ((source - whole) * Double(steps)).rounded(.toNearestOrEven) / Double(steps)
  }

  /// The row with its elements inside the axis, from the first of them, and a sum of one.
  private static func settledRow(_ row: [(place: Int, weight: Double)], _ input: Int, repeatsEnds: Bool)
    -> (first: Int, weights: [Double])
  {
    let places = row.map { max(0, min($0.place, input - 1)) }
    let (first, last) = (places.first ?? 0, places.last ?? 0)
    var weights = [Double](repeating: 0, count: last - first + 1)
    for (entry, place) in zip(row, places) where repeatsEnds || entry.place == place { weights[place - first] += entry.weight }
    let sum = weights.reduce(0, +)
    let leading = weights.prefix { $0 == 0 }.count
    if leading == weights.count { return (first, [0]) }
    let trailing = weights.reversed().prefix { $0 == 0 }.count
    return (first + leading, weights[leading..<weights.count - trailing].map { $0 / sum })
  }
}
