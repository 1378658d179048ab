import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// By the mean and variance of each channel: those that the model holds, or since opset 14 in training those of the batch, which then
  /// also move the ones that the model holds.
  static func batch(_ call: ONNXCall) throws(Diagnostic) -> [ONNXValue] {
    call.attributes.ignore("consumed_inputs", "is_test", "spatial")
    let momentum = try call.attributes.float("momentum", default: 0.9)
    let (x, writer) = (try call.input(), call.writer)
    var statistics = (mean: try call.input(3), variance: try call.input(4))
    var moved: [ONNXValue] = []
    if try call.attributes.flag("training_mode") {
      let held = statistics
      statistics = try call.batchStatistics(x)
      moved = [
        .tensor(try call.mixed(held.mean, statistics.mean, momentum, "running_mean")),
        .tensor(try call.mixed(held.variance, statistics.variance, momentum, "running_variance")),
      ]
    }
    let epsilon = try call.attributes.float("epsilon", default: 1e-5)
    let inverse = try writer.unary("rsqrt", try writer.binary("add", statistics.variance, epsilon, "variance"), [:], "inverse")
    let factor = try writer.binary("multiply", try call.input(1), inverse, "factor")
    let offset = try writer.binary("subtract", try call.input(2), try writer.binary("multiply", statistics.mean, factor, "shift"), "offset")
    let scaled = try writer.binary("multiply", x, try call.channels(try call.narrow(factor, x, "factor_cast"), of: x), "scaled")
    return [.tensor(try writer.binary("add", scaled, try call.channels(try call.narrow(offset, x, "offset_cast"), of: x), ""))] + moved
  }
}

extension ONNXCall {
  fileprivate func narrow(_ x: ValueID, _ like: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    try writer.cast(x, to: writer.dtype(like), label)
  }

  /// Mean and variance of each channel, in the wider of the types.
  fileprivate func batchStatistics(_ x: ValueID) throws(Diagnostic) -> (mean: ValueID, variance: ValueID) {
    let axes = (0..<writer.rank(x)).filter { $0 != 1 }
    let wide = try writer.cast(x, to: writer.dtype(x).accumulator, "wide")
    let mean = try writer.reduce(.mean, wide, axes: axes, keepDims: true, "batch_mean")
    let squares = try writer.unary("square", try writer.binary("subtract", wide, mean, "centred"), [:], "squares")
    let variance = try writer.reduce(.mean, squares, axes: axes, "batch_variance")
    return (try writer.reshape(mean, writer.shape(variance), "batch_mean_flat"), variance)
  }

  /// What the model holds, moved towards what the batch has.
  fileprivate func mixed(_ held: ValueID, _ batch: ValueID, _ momentum: Double, _ label: String) throws(Diagnostic) -> ValueID {
    let kept = try writer.binary("multiply", held, momentum, "\(label)/kept")
    let sum = try writer.binary("add", kept, try writer.binary("multiply", batch, 1 - momentum, "\(label)/new"), "\(label)/sum")
    return try writer.cast(sum, to: writer.dtype(held), label)
  }
}
