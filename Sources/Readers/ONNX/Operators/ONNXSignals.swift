import Glibc
import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Windows over signals, and the weights by which spectra become bands.
  static let signals: [ONNXOperator] = [
    window("HannWindow", [0.5, -0.5]), window("HammingWindow", [25.0 / 46, -21.0 / 46]), window("BlackmanWindow", [0.42, -0.5, 0.08]),
    ONNXOperator("MelWeightMatrix", since: 17, build: melWeights),
  ]

  /// Element `n` is the sum over k of `coefficients[k] cos(2 π k n / period)`.
  private static func window(_ name: String, _ coefficients: [Double]) -> ONNXOperator {
    ONNXOperator(name, since: 17) { (call) throws(Diagnostic) -> ValueID in
      let size = try call.input(0)
      let extent = try call.extent(size, atMost: call.declaredShape()?.first ?? nil, "size")
      let places = Term(try call.writer.counting(extent, .float64, "places"), call.writer)
      let count = Term(try call.writer.cast(size, to: .float64, "count"), call.writer)
      let period = try call.attributes.flag("periodic", default: true) ? count : try count + -1
      let angle = try places / period * (2 * .pi)
      var sum = try (angle * 0).applying("cos") * coefficients[0]
      for (k, coefficient) in coefficients.enumerated().dropFirst() {
        sum = try sum + (angle * Double(k)).applying("cos") * coefficient
      }
      return try call.writer.cast(sum.id, to: try call.attributes.dtype("output_datatype") ?? .float32, "")
    }
  }

  /// Triangles over the bins of a spectrum whose corners lie evenly on the mel scale.
  private static func melWeights(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let writer = call.writer
    let declared = call.declaredShape() ?? [nil, nil]
    let bands = try call.extent(try call.input(0), atMost: declared.last ?? nil, "bands")
    let length = Term(try call.input(1), writer)
    let binCount = try length.applying("floor_divide", .number(2)) + 1
    let bins = try call.extent(binCount.id, atMost: declared.first ?? nil, "bins")
    let corners = try melCorners(call, bands, length)
    let place = Term(try writer.expandDims(try writer.counting(bins, .float64, "places"), 1, "bin"), writer)
    let (low, centre, high) = (corners[0], corners[1], corners[2])
    let rising = try (place - low) / (centre - low)
    let isRising = try place.applying("greater_equal", .value(low.id)).applying(
      "logical_and", .value(place.applying("less_equal", .value(centre.id)).id))
    let isFalling = try place.applying("greater_equal", .value(centre.id)).applying(
      "logical_and", .value(place.applying("less", .value(high.id)).id))
    let isPoint = try low.applying("equal", .value(centre.id))
    let top = try isPoint.choosing(.number(1), else: .value(rising.id))
    let falling = try (high - place) / (high - centre)
    let weights = try isFalling.choosing(.value(falling.id), else: .value(isRising.choosing(.value(top.id), else: .number(0)).id))
    return try writer.cast(weights.id, to: try call.attributes.dtype("output_datatype") ?? .float32, "")
  }

  /// The bins of the lower, middle and upper corners of all bands.
  private static func melCorners(_ call: ONNXCall, _ bands: Dim, _ length: Term) throws(Diagnostic) -> [Term] {
    let writer = call.writer
    func mel(_ position: Int) throws(Diagnostic) -> Term {
      let mel = try (Term(try call.input(position), writer) / 700).applying("log1p") * 2595
      return try Term(try writer.cast(mel.id, to: .float64, "mel"), writer) / log(10)
    }
    let (low, high) = (try mel(3), try mel(4))
    let count = Term(try writer.cast(try call.input(0), to: .float64, "count"), writer)
    let step = try (high - low) / (count + 2)
    let size = try Term(try writer.cast(length.id, to: .float64, "length"), writer) + 1
    let rate = Term(try writer.cast(try call.input(2), to: .float64, "rate"), writer)
    let places = Term(try writer.counting(bands, .float64, "bands"), writer)
    return try [0, 1, 2].map { (shift) throws(Diagnostic) in
      let hertz = try (((places + shift) * step + low) / 2595 * log(10)).applying("expm1") * 700
      return try (hertz * size / rate).applying("floor")
    }
  }
}

extension ONNXCall {
  /// The extent that an integer names: known, or computed in each run and at most what the file declares for the result.
  func extent(_ value: ValueID, atMost bound: Int?, _ name: String) throws(Diagnostic) -> Dim {
    if let tensor = writer.graph.constants[value] {
      guard tensor.count == 1, let number = tensor.integers.first, (0..<1 << 31).contains(number) else {
        throw Diagnostic("an extent is \(tensor)", hint: "one number that is not negative is expected")
      }
      return Dim(Int(number))
    }
    guard let bound else {
      throw Diagnostic("the extent \"\(name)\" is computed when the model runs", hint: "declare the greatest in the shape of the output")
    }
    let scalar = writer.rank(value) > 1 ? try writer.flat(value, "\(name)/flat") : value
    return try writer.graph.addComputedDim(writer.name(name), range: 0...bound, from: try writer.cast(scalar, to: .int64, name))
  }
}

extension GraphWriter {
  /// 0, 1, 2, ….
  func counting(_ extent: Dim, _ dtype: DType, _ label: String) throws(Diagnostic) -> ValueID {
    let ones = try add(Expand([extent]), [constant(Tensor(dtype, [1], [1]), "\(label)/one")], "\(label)/ones")
    return try add(Cumulative(.sum, axis: 0, isExclusive: true), [ones], label)
  }
}
