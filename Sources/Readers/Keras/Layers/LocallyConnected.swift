import GraphIR
import Operators
import Tensors

extension KerasLayers {
  /// A convolution with weights of its own for each place: the elements under every window as rows, times one matrix for each.
  /// Kernel `[places, taps * in, out]`, bias `[places…, out]`; Keras 2 only.
  static func locallyConnected(_ call: KerasLayerCall, _ rank: Int) throws(Diagnostic) -> [KerasTensor] {
    let frame = try ConvolutionFrame(call, rank)
    let implementation = try call.config.int("implementation", default: 1)
    guard implementation == 1, frame.padding == "valid", frame.dilations.allSatisfy({ $0 == 1 }) else {
      throw Diagnostic(
        "implementation \(implementation), padding \"\(frame.padding)\"", hint: "save the layer with implementation=1 and padding=\"valid\""
      )
    }
    let filters = try call.config.sizes("filters", "nb_filter", rank: 1)[0]
    let shape = call.writer.shape(frame.input)
    let channels = try call.constant(shape.last ?? 1, "the number of channels")
    let extents = try (0..<rank).map { (axis) throws(Diagnostic) in try call.constant(shape[axis + 1], "axis \(axis + 1)") }
    guard zip(extents, frame.kernel).allSatisfy({ $0 >= $1 }), frame.kernel.reduce(1, *) <= 4096 else {
      throw Diagnostic("windows of \(frame.kernel) over \(extents)", hint: "the window has to fit")
    }
    let places = (0..<rank).map { (extents[$0] - frame.kernel[$0]) / frame.strides[$0] + 1 }
    let kernel = try localKernel(call, frame, places, channels, filters)
    let rows = try patches(call, frame, places)
    let product = try call.writer.matmul(rows, kernel, "matmul")
    var result = try call.writer.reshape(product, [shape[0]] + Shape(places) + [Dim(filters)], "places")
    if try call.config.bool("use_bias", "bias", default: true) {
      result = try call.writer.binary("add", result, try call.weight("bias", places + [filters], aliases: ["b"]), "bias")
    }
    if frame.isChannelsFirst { result = try call.writer.channelsFirst(result, "channels_first") }
    return [KerasTensor(try call.activate(result, try call.activation()))]
  }

  /// `[places…, taps * in, out]`. Keras stores all places in one axis, and with channels first the channels before the taps.
  private static func localKernel(
    _ call: KerasLayerCall, _ frame: ConvolutionFrame, _ places: [Int], _ channels: Int, _ filters: Int
  ) throws(Diagnostic) -> ValueID {
    let (count, taps) = (places.reduce(1, *), frame.kernel.reduce(1, *))
    var kernel = try call.weight("kernel", [count, taps * channels, filters], aliases: ["W"])
    if frame.isChannelsFirst {
      let apart = try call.writer.reshape(kernel, [Dim(count), Dim(channels), Dim(taps), Dim(filters)], "kernel/apart")
      kernel = try call.writer.transpose(apart, [0, 2, 1, 3], "kernel/channels_last")
    }
    return try call.writer.reshape(kernel, Shape(places) + [Dim(taps * channels), Dim(filters)], "kernel/places")
  }

  /// `[N, places…, 1, taps * in]`.
  private static func patches(_ call: KerasLayerCall, _ frame: ConvolutionFrame, _ places: [Int]) throws(Diagnostic) -> ValueID {
    var parts: [ValueID] = []
    for tap in Indices(frame.kernel) {
      let ends = tap.indices.map { tap[$0] + (places[$0] - 1) * frame.strides[$0] + 1 }
      let slice = Slice(starts: tap, ends: ends, axes: tap.indices.map { $0 + 1 }, steps: frame.strides)
      parts.append(try call.writer.add(slice, [frame.input], "tap\(parts.count)"))
    }
    return try call.writer.expandDims(try call.writer.concatenate(parts, axis: -1, "patches"), -2, "rows")
  }
}
