import Operators
import Tensors

/// The attributes by which ONNX says how a window slides.
struct ONNXWindow {
  private let kernel: [Int]
  private let strides: [Int]
  private let dilations: [Int]
  private let pads: [Int]
  private let automatic: String
  private let roundsUp: Bool

  init(_ call: ONNXCall, rank: Int, kernel: [Int]) throws(Diagnostic) {
    let ones = [Int](repeating: 1, count: max(rank, 0))
    let attributes = call.attributes
    self.kernel = kernel
    strides = try attributes.optionalInts("strides") ?? ones
    dilations = try attributes.optionalInts("dilations") ?? ones
    pads = try attributes.optionalInts("pads") ?? [Int](repeating: 0, count: 2 * ones.count)
    automatic = try attributes.choice("auto_pad", of: ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"], default: "NOTSET")
    roundsUp = try attributes.flag("ceil_mode")
    if let given = try attributes.optionalInts("kernel_shape"), given != kernel {
      throw Diagnostic("kernel_shape is \(given) and the weights have the taps \(kernel)")
    }
    let small = 0..<1 << 24
    guard rank > 0, kernel.count == rank, strides.count == rank, dilations.count == rank, pads.count == 2 * rank,
      (kernel + strides + dilations).allSatisfy({ small.contains($0) && $0 > 0 }), pads.allSatisfy({ small.contains(abs($0)) })
    else {
      throw Diagnostic(
        "kernel \(kernel), strides \(strides), dilations \(dilations), pads \(pads)",
        hint: "one positive number for each of \(rank) spatial axes, and two pads")
    }
  }

  private func reach(_ axis: Int) -> Int { (kernel[axis] - 1) * dilations[axis] + 1 }

  /// Pads for an output of `ceil(extent / stride)` positions.
  private func same(_ axis: Int, _ extent: Dim) throws(Diagnostic) -> (before: Int, after: Int) {
    guard let known = extent.constant ?? (strides[axis] == 1 ? 1 : nil) else {
      throw Diagnostic("auto_pad along an open axis", hint: "settle the extent with --dim, or export with explicit pads")
    }
    let total = max((known.ceilingDivision(by: strides[axis]) - 1) * strides[axis] + reach(axis) - known, 0)
    return automatic == "SAME_LOWER" ? (total - total / 2, total / 2) : (total / 2, total - total / 2)
  }

  /// The pads along each axis for an input `[N, C, spatial…]`.
  private func resolved(_ shape: Shape) throws(Diagnostic) -> (before: [Int], after: [Int]) {
    let rank = kernel.count
    switch automatic {
    case "VALID": return ([Int](repeating: 0, count: rank), [Int](repeating: 0, count: rank))
    case "NOTSET": return (Array(pads.prefix(rank)), Array(pads.suffix(rank)))
    default:
      let both = try (0..<rank).map { (axis) throws(Diagnostic) in try same(axis, shape[axis + 2]) }
      return (both.map(\.before), both.map(\.after))
    }
  }

  func sliding(_ shape: Shape) throws(Diagnostic) -> SlidingWindow {
    let (before, after) = try resolved(shape)
    return SlidingWindow(strides: strides, dilations: dilations, padsBefore: before, padsAfter: after)
  }

  /// With `ceil_mode` the last window may stick out, but has to start inside the input or its front padding.
  func pooled(_ shape: Shape) throws(Diagnostic) -> SlidingWindow {
    var window = try sliding(shape)
    window.roundsUp = roundsUp && automatic == "NOTSET"
    return window
  }

  /// The window of a transposed convolution, and what is added at the ends of its output.
  func transposed(_ shape: Shape, wanted: [Int]?, _ given: [Int]) throws(Diagnostic) -> (SlidingWindow, [Int]) {
    let rank = kernel.count
    var (before, after, padding) = (Array(pads.prefix(rank)), Array(pads.suffix(rank)), given)
    guard padding.count == rank, wanted.map({ $0.count == rank || $0.count == rank + 2 }) ?? true else {
      throw Diagnostic("output_padding \(padding), output_shape \(wanted ?? [])", hint: "one number for each spatial axis")
    }
    if automatic == "VALID" { (before, after) = ([Int](repeating: 0, count: rank), [Int](repeating: 0, count: rank)) }
    for axis in 0..<rank where wanted != nil || automatic.hasPrefix("SAME") {
      guard let extent = shape[axis + 2].constant else {
        throw Diagnostic("a transposed convolution over an open axis", hint: "settle it with --dim")
      }
      let output = wanted.map { $0[$0.count - rank + axis] } ?? extent * strides[axis]
      let total = (extent - 1) * strides[axis] + padding[axis] + reach(axis) - output
      let less = max(total, 0)
      (before[axis], after[axis]) = automatic == "SAME_UPPER" ? (less / 2, less - less / 2) : (less - less / 2, less / 2)
      // Where more is wanted than there is, zeros follow.
      padding[axis] += max(-total, 0)
    }
    return (SlidingWindow(strides: strides, dilations: dilations, padsBefore: before, padsAfter: after), padding)
  }
}
