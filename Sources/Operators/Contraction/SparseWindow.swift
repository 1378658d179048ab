import GraphIR
import LoopIR
import Tensors

/// What lies under a window that is not padded, `[taps…, C]`, as a list: the last axis of a tensor where there are no taps, and else what
/// a convolution sees. Elements under a row of taps are neighbours in memory, and form a run.
package struct SparseWindow: Hashable, Sendable {
  package let taps: [Int]
  package let window: SlidingWindow
  package let channels: Int

  package init(taps: [Int], window: SlidingWindow, channels: Int) {
    self.taps = taps
    self.window = window
    self.channels = channels
  }

  /// For the input of an operator; throws where the window does not fit it.
  init(_ x: TensorType, taps: [Int], window: SlidingWindow) throws(Diagnostic) {
    try window.check(rank: taps.count)
    guard x.rank > taps.count, taps.isEmpty || x.rank == taps.count + 2, let channels = x.shape.last?.constant,
      taps.allSatisfy({ $0 > 0 }), (window.padsBefore + window.padsAfter).allSatisfy({ $0 == 0 }), !window.roundsUp
    else { throw Diagnostic("\(x) is seen through \(taps) taps", hint: "[N, spatial…, C] with C known is expected, without pads") }
    var count = channels
    for tap in taps {
      let (product, overflows) = count.multipliedReportingOverflow(by: tap)
      guard !overflows, product <= 1 << 24 else { throw Diagnostic("\(x) is seen through \(taps) taps", hint: "these are too many") }
      count = product
    }
    self.init(taps: taps, window: window, channels: channels)
  }

  /// The last spatial axis is part of the runs.
  private var isFlat: Bool { !taps.isEmpty && window.along(taps.count - 1).dilation == 1 }
  /// Taps at which runs start.
  package var starts: [Int] { isFlat ? Array(taps.dropLast()) : taps }
  /// Elements of a run.
  package var run: Int { (isFlat ? taps[taps.count - 1] : 1) * channels }
  package var runs: Int { starts.reduce(1, *) }
  /// Elements under the window.
  package var count: Int { runs * run }

  /// Of the result; `x` is what the window slides over.
  func shape(_ x: Shape, outputs: Int) throws(Diagnostic) -> Shape {
    let leading = x.count - 1 - taps.count
    let positions = try taps.indices.map { (axis) throws(Diagnostic) in
      try window.along(axis).positions(x[leading + axis], kernel: taps[axis])
    }
    return x.prefix(leading) + positions + [Dim(outputs)]
  }

  /// Sums of a few products for each position of the window and each output: a place in the list, and a weight.
  func sums(_ x: Tensor, _ dims: [Int], _ terms: [[(place: Int, weight: Double)]]) -> [Double] {
    let strides = x.dims.indices.map { x.dims[($0 + 1)...].reduce(1, *) }
    let (leading, values) = (x.rank - 1 - taps.count, x.doubles)
    let offsets = Indices(taps + [channels]).map { index in
      index.enumerated().reduce(0) {
        $0 + $1.element * ($1.offset < taps.count ? window.along($1.offset).dilation : 1) * strides[leading + $1.offset]
      }
    }
    return Indices(dims.dropLast()).flatMap { position in
      let start = position.enumerated().reduce(0) {
        $0 + $1.element * ($1.offset < leading ? 1 : window.along($1.offset - leading).stride) * strides[$1.offset]
      }
      return terms.map { $0.reduce(0) { $0 + $1.weight * values[start + offsets[$1.place]] } }
    }
  }
}

extension SparseWindow {
  /// The element at a place within the run that starts at taps, for a position of the window.
  func element(_ x: TensorView, _ leading: [Expr], _ position: [Expr], _ taps: [Expr], _ place: Expr) -> Expr {
    let start =
      leading
      + position.enumerated().map { window.along($0.offset).input(at: $0.element, tap: $0.offset < taps.count ? taps[$0.offset] : 0) }
    guard isFlat else { return x[start + [place]] }
    if isContiguous(x) { return .load(x.buffer, at: x.position(start + [0]) + place, .scalar) }
    return x[start.dropLast() + [start[start.count - 1] + place / .index(channels), place % .index(channels)]]
  }

  /// What the window sees at a place of the list that is known.
  func element(_ x: TensorView, _ leading: [Expr], _ position: [Expr], at place: Int) -> Expr {
    var (rest, index) = (place / channels, [Int](repeating: 0, count: taps.count))
    for axis in taps.indices.reversed() { (rest, index[axis]) = rest.quotientAndRemainder(dividingBy: taps[axis]) }
    let start = position.enumerated().map { window.along($0.offset).input(at: $0.element, tap: .index(index[$0.offset])) }
    return x[leading + start + [.index(place % channels)]]
  }

  /// Neighbours in a run are neighbours in memory.
  private func isContiguous(_ x: TensorView) -> Bool {
    x.type.layout == .rowMajor && x.periods.isEmpty && x.strides[x.rank - 1] == 1 && x.strides[x.rank - 2] == Dim(channels)
  }
}
