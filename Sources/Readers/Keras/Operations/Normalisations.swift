import Containers
import GraphIR
import Operators
import Tensors

extension KerasOperations {
  static let normalisations: [KerasOperation] = [
    KerasOperation("batch_norm", "batch_normalization") { (call) throws(Diagnostic) in [try batchNormalisation(call)] },
    KerasOperation("layer_norm", "layer_normalization") { (call) throws(Diagnostic) in
      let x = try call.writer.floating(try call.input())
      let axes = try call.ints("axis") ?? [-1]
      let epsilon = try call.number("epsilon", default: 1e-7)
      let gamma = try call.along(axes, of: x, call.argument(1, "gamma"))
      let beta = try call.along(axes, of: x, call.argument(2, "beta"))
      guard try call.flag("rms_scaling") else {
        return [try call.writer.standardise(x, axes: axes, epsilon: epsilon, scale: gamma, offset: beta, "")]
      }
      let divided = try call.writer.scaledByDeviation(x, axes: axes, epsilon: epsilon, "divided")
      return [try gamma.map { (gamma) throws(Diagnostic) in try call.writer.binary("multiply", divided, gamma, "") } ?? divided]
    },
    KerasOperation("rms_norm", "rms_normalization") { (call) throws(Diagnostic) in
      let x = try call.writer.floating(try call.input())
      let axes = try call.ints("axis") ?? [-1]
      let scale = try call.along(axes, of: x, call.argument(1, "scale"))
      return [try call.writer.rmsNormalise(x, axes: axes, epsilon: try call.number("epsilon", default: 1e-7), scale: scale, "")]
    },
  ]

  /// `x * factor + (offset - mean * factor)` with the factor `scale / sqrt(variance + epsilon)`.
  private static func batchNormalisation(_ call: KerasOperationCall) throws(Diagnostic) -> ValueID {
    let writer = call.writer
    let x = try writer.floating(try call.input())
    let axes = [try call.int("axis", default: -1)]
    guard let mean = try call.along(axes, of: x, call.argument(1, "mean")),
      let variance = try call.along(axes, of: x, call.argument(2, "variance"))
    else { throw Diagnostic("batch_normalization needs a mean and a variance") }
    let epsilon = try call.number("epsilon", "variance_epsilon", default: 1e-3)
    var factor = try writer.unary("rsqrt", try writer.binary("add", variance, epsilon, "variance"), [:], "factor")
    if let scale = try call.along(axes, of: x, call.argument(4, "scale")) { factor = try writer.binary("multiply", factor, scale, "scale") }
    var offset = try writer.unary("negative", try writer.binary("multiply", mean, factor, "mean"), [:], "offset")
    if let given = try call.along(axes, of: x, call.argument(3, "offset")) { offset = try writer.binary("add", given, offset, "offset") }
    return try writer.binary("add", try writer.binary("multiply", x, factor, "scaled"), offset, "")
  }
}

extension KerasOperationCall {
  /// A parameter with one element for each place along `axes`, so that it broadcasts to `x`; `nil` where it is None.
  fileprivate func along(_ axes: [Int], of x: ValueID, _ argument: KerasArgument?) throws(Diagnostic) -> ValueID? {
    guard let argument else { return nil }
    let parameter = try writer.cast(try value(argument), to: writer.dtype(x), "parameter")
    let shape = writer.shape(x)
    let places = try axes.map { (axis) throws(Diagnostic) in try normalisedAxis(axis, rank: shape.count) }
    if writer.rank(parameter) == shape.count { return parameter }
    return try writer.reshape(parameter, shape.indices.map { places.contains($0) ? shape[$0] : 1 }, "parameter/broadcast")
  }
}
