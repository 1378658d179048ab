import GraphIR
import Operators
import Tensors

/// What all convolutions of Keras share: channels moved last and back, taps, strides, dilation, padding, bias and activation.
struct ConvolutionFrame {
  /// The input with its channels last.
  let input: ValueID
  let kernel: [Int]
  let strides: [Int]
  let dilations: [Int]
  /// `valid`, `same` or `causal`.
  let padding: String
  let isChannelsFirst: Bool

  init(_ call: KerasLayerCall, _ rank: Int) throws(Diagnostic) {
    let x = try call.input()
    try call.expectRank(rank + 2, x)
    try self.init(call, rank, x.id)
  }

  /// Over `x` in place of the call's own input.
  init(_ call: KerasLayerCall, _ rank: Int, _ x: ValueID) throws(Diagnostic) {
    isChannelsFirst = try call.channelsFirst()
    let last = isChannelsFirst ? try call.writer.channelsLast(x, "channels_last") : x
    input = try call.writer.floating(last)
    kernel = try Self.taps(call, rank)
    strides = try call.config.sizes("strides", "subsample", "subsample_length", rank: rank, default: 1)
    dilations = try call.config.sizes("dilation_rate", "atrous_rate", rank: rank, default: 1)
    padding = try call.config.choice("padding", "border_mode", of: ["valid", "same", "causal"], default: "valid")
  }

  private static func taps(_ call: KerasLayerCall, _ rank: Int) throws(Diagnostic) -> [Int] {
    guard call.config.json.optional("kernel_size") == nil else { return try call.config.sizes("kernel_size", rank: rank) }
    if rank == 1 { return try call.config.sizes("filter_length", rank: 1) }
    let keys = rank == 2 ? ["nb_row", "nb_col"] : ["kernel_dim1", "kernel_dim2", "kernel_dim3"]
    return try keys.map { (key) throws(Diagnostic) in try call.config.sizes(key, rank: 1)[0] }
  }

  /// The sliding window over the input.
  func window(of call: KerasLayerCall) throws(Diagnostic) -> SlidingWindow {
    let spatial = Array(call.writer.shape(input).dropFirst().dropLast())
    let pads = try spatialPads(spatial, kernel, strides, dilations, padding)
    return SlidingWindow(strides: strides, dilations: dilations, padsBefore: pads.before, padsAfter: pads.after)
  }

  /// The operator that undoes the window's geometry: `same` gives `input * stride`, `valid` at least all that the taps reach.
  func transposedConvolution(_ call: KerasLayerCall) throws(Diagnostic) -> ConvolutionTranspose {
    guard padding != "causal" else { throw Diagnostic("a transposed convolution with causal padding") }
    let extra = try call.config.value("output_padding").map { (value) throws(Diagnostic) in try value.intList() }
    var window = SlidingWindow(strides: strides, dilations: dilations)
    var outputPadding: [Int] = []
    for axis in kernel.indices {
      let reach = (kernel[axis] - 1) * dilations[axis] + 1
      let given = extra.map { $0[safe: axis] ?? $0[safe: 0] ?? 0 }
      guard given.map({ $0 >= 0 && $0 < strides[axis] + dilations[axis] }) ?? true else {
        throw Diagnostic("output_padding is \(given ?? 0)", hint: "it is at least 0 and less than the stride")
      }
      // Positions of the result beyond `(input - 1) * stride`.
      let width =
        padding == "same"
        ? given.map { reach - 2 * (reach / 2) + $0 } ?? strides[axis]
        : given.map { reach + $0 } ?? max(reach, strides[axis])
      let cut = padding == "same" ? max(reach - width, 0) : 0
      window.padsBefore.append(cut / 2)
      window.padsAfter.append(cut - cut / 2)
      outputPadding.append(max(width - reach, 0))
    }
    return ConvolutionTranspose(window, outputPadding: outputPadding)
  }

  /// Bias over the channels, channels back to their place, activation.
  func finish(_ x: ValueID, _ channels: Int, _ call: KerasLayerCall) throws(Diagnostic) -> ValueID {
    let hasBias = try call.config.bool("use_bias", "bias", default: true)
    var result = x
    if hasBias {
      let bias = try call.weight("bias", [channels], aliases: ["b", "\(call.spec.name)_b"])
      result = try call.writer.binary("add", result, bias, "bias")
    }
    if isChannelsFirst { result = try call.writer.channelsFirst(result, "channels_first") }
    return try call.activate(result, try call.activation())
  }
}

/// How much is added before and after each axis: nothing for `valid`, all before for `causal`, and for `same` as much as makes the
/// result `ceil(input / stride)`, the odd one after.
func spatialPads(
  _ spatial: Shape, _ kernel: [Int], _ strides: [Int], _ dilations: [Int], _ padding: String
) throws(Diagnostic) -> (before: [Int], after: [Int]) {
  var (before, after): ([Int], [Int]) = ([], [])
  for axis in kernel.indices {
    let reach = (kernel[axis] - 1) * dilations[axis] + 1
    let total = padding == "valid" ? 0 : padding == "causal" ? reach - 1 : try samePads(spatial[axis], reach, strides[axis])
    before.append(padding == "causal" ? total : total / 2)
    after.append(padding == "causal" ? 0 : total - total / 2)
  }
  return (before, after)
}

private func samePads(_ input: Dim, _ reach: Int, _ stride: Int) throws(Diagnostic) -> Int {
  if stride == 1 { return reach - 1 }
  guard let extent = input.constant else {
    throw Diagnostic(
      "padding \"same\" with a stride of \(stride) over an axis of \(input), which is open",
      hint: "how much is padded depends on the extent; settle it with --dim NAME=VALUE")
  }
  return max((extent.ceilingDivision(by: stride) - 1) * stride + reach - extent, 0)
}
