import GraphIR
import Operators
import Tensors

extension KerasLayers {
  static let convolutions: [KerasLayerClass] = [
    KerasLayerClass("Conv1D", "Convolution1D", "AtrousConvolution1D") { (call) throws(Diagnostic) in try convolution(call, 1) },
    KerasLayerClass("Conv2D", "Convolution2D", "AtrousConvolution2D") { (call) throws(Diagnostic) in try convolution(call, 2) },
    KerasLayerClass("Conv3D", "Convolution3D") { (call) throws(Diagnostic) in try convolution(call, 3) },
    KerasLayerClass("Conv1DTranspose", "Convolution1DTranspose") { (call) throws(Diagnostic) in try transposed(call, 1) },
    KerasLayerClass("Conv2DTranspose", "Convolution2DTranspose", "Deconvolution2D") { (call) throws(Diagnostic) in try transposed(call, 2)
    },
    KerasLayerClass("Conv3DTranspose", "Convolution3DTranspose") { (call) throws(Diagnostic) in try transposed(call, 3) },
    KerasLayerClass("DepthwiseConv1D") { (call) throws(Diagnostic) in try depthwise(call, 1) },
    KerasLayerClass("DepthwiseConv2D") { (call) throws(Diagnostic) in try depthwise(call, 2) },
    KerasLayerClass("SeparableConv1D", "SeparableConvolution1D") { (call) throws(Diagnostic) in try separable(call, 1) },
    KerasLayerClass("SeparableConv2D", "SeparableConvolution2D") { (call) throws(Diagnostic) in try separable(call, 2) },
    KerasLayerClass("LocallyConnected1D") { (call) throws(Diagnostic) in try locallyConnected(call, 1) },
    KerasLayerClass("LocallyConnected2D") { (call) throws(Diagnostic) in try locallyConnected(call, 2) },
  ]

  private static func convolution(_ call: KerasLayerCall, _ rank: Int) throws(Diagnostic) -> [KerasTensor] {
    let frame = try ConvolutionFrame(call, rank)
    let groups = try call.config.int("groups", default: 1)
    let filters = try call.config.sizes("filters", "nb_filter", rank: 1)[0]
    let channels = try call.constant(call.writer.shape(frame.input).last ?? 1, "the number of channels")
    guard groups > 0, channels % groups == 0 else {
      throw Diagnostic("\(channels) channels in \(groups) groups", hint: "the channels must fall into equal groups")
    }
    let kernel = try call.convolutionKernel(frame.kernel, channels / groups, filters)
    let window = try frame.window(of: call)
    let result = try call.writer.add(Convolution(window, groups: groups), [frame.input, kernel], "convolution")
    return [KerasTensor(try frame.finish(result, filters, call))]
  }

  /// `[taps…, out, in]` in Keras, `[taps…, in, out]` in the operator.
  private static func transposed(_ call: KerasLayerCall, _ rank: Int) throws(Diagnostic) -> [KerasTensor] {
    call.config.accept("output_shape")
    let frame = try ConvolutionFrame(call, rank)
    let groups = try call.config.int("groups", default: 1)
    guard groups == 1 else { throw Diagnostic("a transposed convolution in \(groups) groups, which Keras cannot run") }
    let filters = try call.config.sizes("filters", "nb_filter", rank: 1)[0]
    let channels = try call.constant(call.writer.shape(frame.input).last ?? 1, "the number of channels")
    let kernel = try call.weight("kernel", frame.kernel + [filters, channels], aliases: ["W", "\(call.spec.name)_W"])
    let swapped = try call.writer.transpose(kernel, Array(0..<rank) + [rank + 1, rank], "kernel/transpose")
    let result = try call.writer.add(try frame.transposedConvolution(call), [frame.input, swapped], "convolution")
    return [KerasTensor(try frame.finish(result, filters, call))]
  }

  private static func depthwise(_ call: KerasLayerCall, _ rank: Int) throws(Diagnostic) -> [KerasTensor] {
    let frame = try ConvolutionFrame(call, rank)
    let (result, width) = try depthwiseStep(call, frame)
    call.config.accept("groups", "filters", "nb_filter")
    return [KerasTensor(try frame.finish(result, width, call))]
  }

  /// The part that sees each channel alone, without a bias, and its number of output channels.
  private static func depthwiseStep(_ call: KerasLayerCall, _ frame: ConvolutionFrame) throws(Diagnostic) -> (ValueID, Int) {
    let multiplier = try call.config.sizes("depth_multiplier", rank: 1, default: 1)[0]
    let channels = try call.constant(call.writer.shape(frame.input).last ?? 1, "the number of channels")
    let kernel = try call.weight(
      "depthwise_kernel", frame.kernel + [channels, multiplier], aliases: ["kernel", "\(call.spec.name)_depthwise_kernel"])
    let result = try call.writer.add(DepthwiseConvolution(try frame.window(of: call)), [frame.input, kernel], "depthwise")
    return (result, channels * multiplier)
  }

  private static func separable(_ call: KerasLayerCall, _ rank: Int) throws(Diagnostic) -> [KerasTensor] {
    let frame = try ConvolutionFrame(call, rank)
    call.config.accept("groups")
    let filters = try call.config.sizes("filters", "nb_filter", rank: 1)[0]
    let (spread, width) = try depthwiseStep(call, frame)
    let ones = [Int](repeating: 1, count: rank)
    let pointwise = try call.weight("pointwise_kernel", ones + [width, filters], aliases: ["\(call.spec.name)_pointwise_kernel"])
    let result = try call.writer.add(Convolution(), [spread, pointwise], "pointwise")
    return [KerasTensor(try frame.finish(result, filters, call))]
  }
}

extension KerasLayerCall {
  /// `[taps…, in, out]`. Keras 1 keeps the kernel of a Convolution1D as one of two dimensions, the second of extent 1.
  fileprivate func convolutionKernel(_ taps: [Int], _ inputs: Int, _ outputs: Int) throws(Diagnostic) -> ValueID {
    let dims = taps + [inputs, outputs]
    let aliases = ["W", "\(spec.name)_W"]
    if taps.count == 1, try weights.namedDims(of: aliases)?.count == 4 {
      let tensor = try weights.next(aliases[0], [taps[0], 1, inputs, outputs], aliases: aliases)
      return builder.constant(tensor.reshaped(dims), weights.path, "kernel")
    }
    return try weight("kernel", dims, aliases: aliases)
  }
}
