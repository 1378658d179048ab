import Containers
import Glibc
import GraphIR
import Operators
import Tensors

extension KerasLayers {
  /// Frames of a signal, the magnitude of their spectrum, that in bands of the mel scale, and that in decibels.
  static func melSpectrogram(_ call: KerasLayerCall) throws(Diagnostic) -> [KerasTensor] {
    let writer = call.writer
    let frames = try MelFrames(call)
    let bands = try MelBands(call, bins: frames.bins)
    let exponent = try call.config.double("mag_exp", default: 2)
    var spectrum = try frames.power(call)
    if exponent != 2 {
      spectrum = try writer.unary("sqrt", spectrum, "magnitude")
      if exponent != 1 { spectrum = try writer.binary("power", spectrum, exponent, "raised") }
    }
    var result = try writer.matmul(spectrum, writer.constant(bands.matrix, "mel"), "bands")
    result = try call.decibels(result)
    let swapped = try writer.transpose(result, [0, 2, 1], "swapped")
    return [KerasTensor(try writer.reshape(swapped, frames.batch + writer.shape(swapped).dropFirst(), ""))]
  }
}

extension KerasLayerCall {
  /// `10 log10(x / ref_power)`, at most `top_db` below the largest.
  fileprivate func decibels(_ x: ValueID) throws(Diagnostic) -> ValueID {
    let (least, reference) = (try config.double("min_power", default: 1e-10), try config.double("ref_power", default: 1))
    let range = try config.double("top_db", default: 80)
    guard try config.bool("power_to_db", default: true) else { return x }
    let logarithm = try writer.unary("log10", try writer.binary("maximum", x, least, "bounded"), "log10")
    let level = try writer.binary("multiply", logarithm, 10, "level")
    let relative = try writer.binary("subtract", level, 10 * log10(max(reference.magnitude, least)), "decibels")
    let axes = Array(0..<writer.rank(relative))
    let floor = try writer.binary("subtract", try writer.reduce(.max, relative, axes: axes, keepDims: true, "peak"), range, "floor")
    return try writer.binary("maximum", relative, floor, "above_floor")
  }
}

/// Windows of a signal that is mirrored at its ends, so that each is centred on its place.
private struct MelFrames {
  /// The axes before that of time.
  let batch: Shape
  private let signal: ValueID
  private let size: Int
  private let stride: Int
  private let weights: [Double]

  var bins: Int { size / 2 + 1 }

  init(_ call: KerasLayerCall) throws(Diagnostic) {
    let config = call.config
    size = try config.sizes("fft_length", rank: 1, default: 2048)[0]
    stride = try config.sizes("sequence_stride", rank: 1, default: 512)[0]
    let length = try config.sizes("sequence_length", rank: 1, default: size)[0]
    guard length <= size, size <= 1 << 13 else {
      throw Diagnostic("frames of \(length) and a transform of \(size)", hint: "frames are not longer than it, and it not longer than 2^13")
    }
    weights = try Self.window(call, length)
    let x = try call.input()
    let shape = call.shape(x)
    guard let time = shape.last, shape.count > 1, time.constant ?? .max > size / 2 else {
      throw Diagnostic("the input is \(call.type(x))", hint: "a batch and a last axis of more than \(size / 2) elements are expected")
    }
    batch = Array(shape.dropLast())
    let rows = try call.writer.reshape(try call.writer.floating(x.id), [batch.elementCount, time, 1], "signal")
    let mirrored = Pad(before: [0, size / 2, 0], after: [0, size / 2, 0], mode: .reflect)
    let padded = try call.writer.add(mirrored, [rows], "mirrored")
    let before = (size - length) / 2
    let after = size - length - before
    signal =
      size == length
      ? padded : try call.writer.slice(padded, axis: 1, from: before, to: after == 0 ? .max : -after, "framed")
  }

  /// The weights of a frame's elements, by the name of the function or one by one.
  private static func window(_ call: KerasLayerCall, _ length: Int) throws(Diagnostic) -> [Double] {
    guard let value = call.config.value("window") else { return [Double](repeating: 1, count: length) }
    if !value.isString {
      let given = try value.flatDoubles()
      guard given.count == length else { throw value.wrongKind("\(length) numbers, one for each element of a frame") }
      return given
    }
    let share = try call.config.choice("window", of: ["hann", "hamming"]) == "hann" ? 0.5 : 0.54
    return (0..<length).map { length == 1 ? 1 : share - (1 - share) * cos(2 * Double.pi * Double($0) / Double(length)) }
  }

  /// `[batch, frames, bins]`: the squared magnitudes of the Fourier transform of each frame.
  func power(_ call: KerasLayerCall) throws(Diagnostic) -> ValueID {
    let before = (size - weights.count) / 2
    func waves(_ function: (Double) -> Double, _ label: String) throws(Diagnostic) -> ValueID {
      // Whole turns are taken away before the function is applied, so that long transforms stay exact.
      let turn = (0..<size).map { function(2 * Double.pi * Double($0) / Double(size)) }
      let table = weights.indices.flatMap { time in (0..<bins).map { turn[(time + before) * $0 % size] * weights[time] } }
      let kernel = call.builder.constant(Tensor(.float32, [weights.count, 1, bins], table), call.weights.path, label)
      let sliding = SlidingWindow(strides: [stride], dilations: [1], padsBefore: [0], padsAfter: [0])
      return try call.writer.add(Convolution(sliding), [signal, kernel], "\(label)/convolution")
    }
    return try call.writer.power(try waves(cos, "cosines"), try waves(sin, "sines"))
  }
}

/// Triangles that overlap by half, equally wide on the mel scale.
private struct MelBands {
  /// `[bins, bands]`.
  let matrix: Tensor

  init(_ call: KerasLayerCall, bins: Int) throws(Diagnostic) {
    let rate = try call.config.double("sampling_rate", default: 16000)
    let count = try call.config.sizes("num_mel_bins", rank: 1, default: 128)[0]
    let least = try call.config.double("min_freq", default: 20)
    let greatest = try call.config.double("max_freq", default: (rate / 2).rounded(.down))
    guard rate > 0, least >= 0, least < greatest, count <= 1 << 12 else {
      throw Diagnostic("\(count) bands from \(least) to \(greatest) Hz at \(rate) samples in a second", hint: "min_freq is below max_freq")
    }
    let (first, last) = (Self.mel(least), Self.mel(greatest))
    let edges = (0...count + 1).map { first + (last - first) * Double($0) / Double(count + 1) }
    var values = [Double](repeating: 0, count: bins * count)
    // Bin 0, the mean of the signal, belongs to no band.
    for bin in stride(from: 1, to: bins, by: 1) {
      let place = Self.mel(rate / 2 * Double(bin) / Double(bins - 1))
      for band in 0..<count {
        let (low, centre, high) = (edges[band], edges[band + 1], edges[band + 2])
        values[bin * count + band] = max(0, min((place - low) / (centre - low), (high - place) / (high - centre)))
      }
    }
    matrix = Tensor(.float32, [bins, count], values)
  }

  private static func mel(_ hertz: Double) -> Double { 1127 * log1p(hertz / 700) }
}
