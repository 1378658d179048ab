import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Normalisations of the first convolutional networks, and by norms.
  static let elderNormalisations: [ONNXOperator] = [
    ONNXOperator("LRN", .floats, build: local), ONNXOperator("LpNormalization", .floats, build: byNorm),
    ONNXOperator("MeanVarianceNormalization", since: 9, .floats, build: byDeviation),
  ]

  /// `x / (bias + alpha / size · Σ x²)^beta`, summed over the channels near each one.
  private static func local(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (x, writer) = (try call.input(), call.writer)
    let shape = writer.shape(x)
    guard shape.count > 1, let size = try call.attributes.optionalInt("size"), size > 0, size < 1 << 20 else {
      throw Diagnostic("\(writer.type(x)) is normalised over channels", hint: "the input is [N, C, …], and the size a positive number")
    }
    // A pool along the channels: they come first, everything behind them counts as its channels.
    let merged = try writer.reshape(x, [shape[0], shape[1], Array(shape.dropFirst(2)).elementCount], "merged")
    let squares = try writer.unary("square", merged, [:], "squares")
    let window = SlidingWindow(padsBefore: [(size - 1) / 2], padsAfter: [size / 2])
    let sums = try writer.reshape(try writer.add(Pool(.sum, size: [size], window), [squares], "sums"), shape, "sums_parted")
    let alpha = try call.attributes.float("alpha", default: 1e-4) / Double(size)
    let base = try writer.binary(
      "add", try writer.binary("multiply", sums, alpha, "scaled"), try call.attributes.float("bias", default: 1), "base")
    let power = try writer.binary("power", base, try call.attributes.float("beta", default: 0.75), "power")
    return try writer.binary("divide", x, power, "")
  }

  /// `x / ‖x‖`, zero where the norm is.
  private static func byNorm(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (x, writer) = (try call.input(), call.writer)
    let axis = try call.axis(default: -1, rank: writer.rank(x))
    let order = try call.attributes.int("p", default: 2)
    guard order == 1 || order == 2 else { throw Diagnostic("the norm of order \(order)", hint: "known are 1 and 2") }
    let norm = try writer.reduce(order == 1 ? .l1 : .l2, x, axes: [axis], keepDims: true, "norm")
    let isZero = try writer.binary("equal", norm, 0, "zero")
    return try writer.apply("where", [.value(isZero), .number(0), .value(try writer.binary("divide", x, norm, "quotient"))], "")
  }

  /// `(x - mean) / (deviation + 1e-9)`, as the function of the standard has it.
  private static func byDeviation(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (x, writer) = (try call.input(), call.writer)
    let axes = try (try call.attributes.optionalInts("axes") ?? [0, 2, 3]).map { (axis) throws(Diagnostic) in
      try normalisedAxis(axis, rank: writer.rank(x))
    }
    let mean = try writer.reduce(.mean, x, axes: axes, keepDims: true, "mean")
    let centred = try writer.binary("subtract", x, mean, "centred")
    let squares = try writer.unary("square", centred, [:], "squares")
    let deviation = try writer.unary("sqrt", try writer.reduce(.mean, squares, axes: axes, keepDims: true, "variance"), [:], "deviation")
    return try writer.binary("divide", centred, try writer.binary("add", deviation, 1e-9, "divisor"), "")
  }
}
