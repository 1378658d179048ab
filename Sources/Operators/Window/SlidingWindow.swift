import LoopIR
import Tensors

/// How a window moves over the spatial axes of a tensor `[N, spatial…, C]`. Each list has one number for each spatial axis; an
/// empty list means steps of one, no dilation, no padding.
package struct SlidingWindow: Hashable, Sendable {
  package var strides: [Int] = []
  /// Elements between neighbouring taps.
  package var dilations: [Int] = []
  /// Elements that are taken to lie before the first and after the last.
  package var padsBefore: [Int] = []
  package var padsAfter: [Int] = []
  /// A last window that only partly stands on the axis counts too, if it begins on it or on the pads before it.
  package var roundsUp = false

  package init(strides: [Int] = [], dilations: [Int] = [], padsBefore: [Int] = [], padsAfter: [Int] = [], roundsUp: Bool = false) {
    self.strides = strides
    self.dilations = dilations
    self.padsBefore = padsBefore
    self.padsAfter = padsAfter
    self.roundsUp = roundsUp
  }

  /// The window along one axis.
  package func along(_ axis: Int) -> WindowAxis {
    WindowAxis(
      stride: strides.isEmpty ? 1 : strides[axis], dilation: dilations.isEmpty ? 1 : dilations[axis],
      before: padsBefore.isEmpty ? 0 : padsBefore[axis], after: padsAfter.isEmpty ? 0 : padsAfter[axis], roundsUp: roundsUp)
  }

  /// What is wrong with the numbers themselves, for `rank` spatial axes.
  package func check(rank: Int) throws(Diagnostic) {
    try Self.check("strides", strides, rank, from: 1)
    try Self.check("dilations", dilations, rank, from: 1)
    try Self.check("pads_before", padsBefore, rank, from: 0)
    try Self.check("pads_after", padsAfter, rank, from: 0)
  }

  /// The list of that name must be empty, or have a number from `least` for each axis.
  static func check(_ name: String, _ values: [Int], _ rank: Int, from least: Int) throws(Diagnostic) {
    guard values.isEmpty || values.count == rank else {
      throw Diagnostic("\(name) \(values) for \(rank) spatial axes", hint: "give one number for each axis, or none")
    }
    // So that no product of two of them overflows an index.
    let most = 1 << 15
    guard values.allSatisfy({ $0 >= least && $0 <= most }) else {
      throw Diagnostic("\(name) is \(values)", hint: "every number must be between \(least) and \(most)")
    }
  }
}

/// A window along one axis: tap `r` of the window at output position `o` is input position `o * stride - before + r * dilation`.
package struct WindowAxis: Hashable, Sendable {
  package let stride: Int
  package let dilation: Int
  package let before: Int
  package let after: Int
  package let roundsUp: Bool

  package init(stride: Int, dilation: Int, before: Int, after: Int, roundsUp: Bool) {
    self.stride = stride
    self.dilation = dilation
    self.before = before
    self.after = after
    self.roundsUp = roundsUp
  }

  /// Windows of that size side by side.
  package init(size: Int) { self.init(stride: size, dilation: 1, before: 0, after: 0, roundsUp: false) }

  /// From the first to the last tap.
  package func reach(_ kernel: Int) -> Int { (kernel - 1) * dilation + 1 }

  /// Positions that a window of `kernel` taps can take.
  package func positions(_ input: Dim, kernel: Int) throws(Diagnostic) -> Dim {
    guard kernel > 0 else { throw Diagnostic("a window has \(kernel) taps", hint: "it needs one or more along every axis") }
    let padded = input + Dim(before + after)
    if let extent = padded.constant, extent + (roundsUp ? stride - 1 : 0) < reach(kernel) {
      throw Diagnostic(
        "a window that spans \(reach(kernel)) elements does not fit into an axis of \(input), padded to \(extent)",
        hint: "pad more, or use a smaller window or dilation")
    }
    if roundsUp { return (input + Dim(before + Swift.min(after + stride - 1 - reach(kernel), -1))) / stride + 1 }
    return (padded - Dim(reach(kernel))) / stride + 1
  }

  /// The taps that lie inside the input, as bounds of a loop over taps. Where no window sticks out they are 0 and `kernel`.
  package func taps(at position: Expr, input: Dim, output: Dim, kernel: Int) -> (from: Expr, to: Expr) {
    let start = position * .index(stride)
    let roundUp = Expr.index(dilation - 1)
    let first = before == 0 ? 0 : maximum(0, .index(before) - start + roundUp) / .index(dilation)
    guard overhangs(input: input, output: output, kernel: kernel) else { return (first, .index(kernel)) }
    let left = Expr(input + Dim(before)) - start
    let end = dilation == 1 ? left : maximum(0, left + roundUp) / .index(dilation)
    return (first, minimum(.index(kernel), end))
  }

  /// How many taps lie on the axis or its pads.
  func coveredTaps(at position: Expr, input: Dim, kernel: Int) -> Expr {
    let left = Expr(input + Dim(before + after)) - position * .index(stride)
    return minimum(.index(kernel), (left + .index(dilation - 1)) / .index(dilation))
  }

  /// The same for a position that is known.
  func coveredTaps(at position: Int, input: Int, kernel: Int) -> Int {
    Swift.min(kernel, (input + before + after - position * stride).ceilingDivision(by: dilation))
  }

  /// The input position of a tap.
  package func input(at position: Expr, tap: Expr) -> Expr {
    position * .index(stride) + tap * .index(dilation) - .index(before)
  }

  private func overhangs(input: Dim, output: Dim, kernel: Int) -> Bool {
    guard let extent = input.constant, let count = output.constant else { return after > 0 || roundsUp }
    return (count - 1) * stride + reach(kernel) > extent + before
  }
}
