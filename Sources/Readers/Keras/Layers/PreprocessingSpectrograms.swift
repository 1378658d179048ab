import GraphIR
import Operators
import Tensors

extension KerasLayers {
  /// Short-time Fourier transforms: the waves that Keras keeps as weights slide over each channel.
  static func spectrogram(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let writer = call.writer
    let modes = ["log", "magnitude", "psd", "real", "imag", "angle", "stft"]
    let mode = try call.config.choice("mode", of: modes, default: "log")
    let frames = try SlidingFrames(call)
    let real = mode == "imag" ? nil : try frames.product(call, "real_kernel")
    let imaginary = mode == "real" ? nil : try frames.product(call, "imag_kernel")
    guard let real, let imaginary else {
      return [KerasTensor(try frames.finish(real ?? imaginary, call))]
    }
    switch mode {
    case "angle": return [KerasTensor(try frames.finish(try writer.binary("arctan2", imaginary, real, "angle"), call))]
    case "stft": return [KerasTensor(try frames.finish(try writer.concatenate([real, imaginary], axis: 3, "stft"), call))]
    case "psd": return [KerasTensor(try frames.finish(try frames.density(try writer.power(real, imaginary), call), call))]
    default: break
    }
    let bounded = try writer.binary("maximum", try writer.power(real, imaginary), 1e-7, "bounded")
    var magnitude = try writer.unary("sqrt", bounded, "magnitude")
    if mode == "log" { magnitude = try writer.unary("log", try writer.binary("maximum", magnitude, 1e-7, "magnitude/bounded"), "log") }
    return [KerasTensor(try frames.finish(magnitude, call))]
  }
}

/// How an STFTSpectrogram cuts its input into frames, and the shape of what it gives.
private struct SlidingFrames {
  /// `[N * C, T, 1]`.
  private let signals: ValueID
  private let batch: Dim
  private let channels: Dim
  private let length: Int
  private let bins: Int
  private let window: SlidingWindow
  private let isChannelsFirst: Bool
  private let expands: Bool

  init(_ call: KerasLayerCall) throws(Diagnostic) {
    let config = call.config
    let x = try call.input()
    try call.expectRank(3, x)
    isChannelsFirst = try call.channelsFirst()
    expands = try config.bool("expand_dims", default: false)
    length = try config.sizes("frame_length", rank: 1, default: 256)[0]
    var power = 1
    while power < length { power *= 2 }
    bins = try config.sizes("fft_length", rank: 1, default: power)[0] / 2 + 1
    let stride = try config.sizes("frame_step", rank: 1, default: max(length / 2, 1))[0]
    let padding = try config.choice("padding", of: ["valid", "same"], default: "valid")
    // These only matter where the weights are made.
    config.accept("window", "periodic", "scaling")
    let rows = isChannelsFirst ? x.id : try call.writer.transpose(x.id, [0, 2, 1], "channels")
    let shape = call.writer.shape(rows)
    (batch, channels) = (shape[0], shape[1])
    signals = try call.writer.reshape(try call.writer.floating(rows), [batch * channels, shape[2], 1], "signals")
    let pads = try spatialPads([shape[2]], [length], [stride], [1], padding)
    window = SlidingWindow(strides: [stride], dilations: [1], padsBefore: pads.before, padsAfter: pads.after)
  }

  /// `[N, C, frames, bins]`.
  func product(_ call: KerasLayerCall, _ name: String) throws(Diagnostic) -> ValueID {
    let kernel = try call.weight(name, [length, 1, bins])
    let result = try call.writer.add(Convolution(window), [signals, kernel], "\(name)/convolution")
    return try call.writer.reshape(result, [batch, channels] + call.writer.shape(result).dropFirst(), "\(name)/frames")
  }

  /// All but the first and the last bin count twice.
  func density(_ power: ValueID, _ call: KerasLayerCall) throws(Diagnostic) -> ValueID {
    let factors = (0..<bins).map { $0 == 0 || $0 == bins - 1 ? 1.0 : 2 }
    return try call.writer.binary("multiply", power, call.writer.constant(Tensor(.float32, [bins], factors), "sides"), "density")
  }

  /// From `[N, C, frames, bins]` to the order and rank that the layer gives.
  func finish(_ x: ValueID?, _ call: KerasLayerCall) throws(Diagnostic) -> ValueID {
    guard let x else { throw Diagnostic("the spectrogram has no part") }
    let writer = call.writer
    if expands { return isChannelsFirst ? x : try writer.transpose(x, [0, 2, 3, 1], "") }
    let shape = writer.shape(x)
    let ordered = try writer.transpose(x, isChannelsFirst ? [0, 1, 3, 2] : [0, 2, 1, 3], "ordered")
    let width = channels * shape[3]
    return try writer.reshape(ordered, isChannelsFirst ? [batch, width, shape[2]] : [batch, shape[2], width], "")
  }
}

extension GraphWriter {
  /// `real^2 + imaginary^2`.
  func power(_ real: ValueID, _ imaginary: ValueID) throws(Diagnostic) -> ValueID {
    try binary("add", try unary("square", real, "real/square"), try unary("square", imaginary, "imaginary/square"), "power")
  }
}
