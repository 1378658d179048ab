import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Normalisations and softmax.
  static let normalisations: [ONNXOperator] = [
    ONNXOperator("BatchNormalization", .floats, values: batch),
    ONNXOperator("InstanceNormalization", .floats) { (call) throws(Diagnostic) in
      let x = try call.input()
      let epsilon = try call.attributes.float("epsilon", default: 1e-5)
      call.attributes.ignore("consumed_inputs")
      let scale = try call.channels(try call.input(1), of: x)
      let offset = try call.channels(try call.input(2), of: x)
      return try call.writer.standardise(
        x, axes: Array(2..<max(call.writer.rank(x), 3)), epsilon: epsilon, scale: scale, offset: offset, "")
    },
    ONNXOperator("LayerNormalization", since: 17, .floats, values: layer),
    ONNXOperator("GroupNormalization", since: 18, .floats, build: group),
    ONNXOperator("RMSNormalization", since: 23, .floats) { (call) throws(Diagnostic) in
      call.attributes.ignore("stash_type")
      let x = try call.input()
      let axis = try call.axis(default: -1, rank: call.writer.rank(x))
      let epsilon = try call.attributes.float("epsilon", default: 1e-5)
      return try call.writer.rmsNormalise(x, axes: Array(axis..<call.writer.rank(x)), epsilon: epsilon, scale: try call.input(1), "")
    },
    softmax("Softmax", isLogarithm: false), softmax("LogSoftmax", isLogarithm: true),
  ]

  private static func softmax(_ name: String, isLogarithm: Bool) -> ONNXOperator {
    ONNXOperator(name, .floats) { (call) throws(Diagnostic) in
      let x = try call.input()
      let rank = call.writer.rank(x)
      let axis = try call.axis(default: call.opset < 13 ? 1 : -1, rank: rank)
      // Until opset 12 all axes from the given one on count as one.
      let axes = call.opset < 13 ? Array(axis..<rank) : [axis]
      return try call.writer.softmax(x, axes: axes, isLogarithm: isLogarithm, "")
    }
  }

  /// Also the mean and the inverse of the standard deviation, where they are asked for.
  private static func layer(_ call: ONNXCall) throws(Diagnostic) -> [ONNXValue] {
    call.attributes.ignore("stash_type")
    let (x, writer) = (try call.input(), call.writer)
    let rank = writer.rank(x)
    let axes = Array(try call.axis(default: -1, rank: rank)..<rank)
    let epsilon = try call.attributes.float("epsilon", default: 1e-5)
    let y = try writer.standardise(x, axes: axes, epsilon: epsilon, scale: try call.input(1), offset: try call.optional(2), "")
    guard call.wants(1) || call.wants(2) else { return [.tensor(y)] }
    let wide = try writer.cast(x, to: writer.dtype(x).accumulator, "wide")
    let mean = try writer.reduce(.mean, wide, axes: axes, keepDims: true, "mean")
    let squares = try writer.unary("square", try writer.binary("subtract", wide, mean, "centred"), [:], "squares")
    let variance = try writer.reduce(.mean, squares, axes: axes, keepDims: true, "variance")
    let inverse = try writer.unary("rsqrt", try writer.binary("add", variance, epsilon, "shifted"), [:], "inverse")
    return [.tensor(y), .tensor(mean), .tensor(inverse)]
  }

  private static func group(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    call.attributes.ignore("stash_type")
    let (x, writer) = (try call.input(), call.writer)
    let shape = writer.shape(x)
    guard shape.count > 1, let groups = try call.attributes.optionalInt("num_groups"), groups > 0,
      let width = shape[1].exactQuotient(by: Dim(groups))
    else {
      throw Diagnostic("groups of \(writer.type(x))", hint: "num_groups divides the channels of [N, C, …]")
    }
    let epsilon = try call.attributes.float("epsilon", default: 1e-5)
    let parted = try writer.reshape(x, [shape[0], Dim(groups), width] + shape.dropFirst(2), "groups")
    let normal = try writer.standardise(parted, axes: Array(2...shape.count), epsilon: epsilon, "normalised")
    // Until opset 20 there is one scale for each group, since then one for each channel.
    func factor(_ position: Int) throws(Diagnostic) -> ValueID {
      let given = try call.input(position)
      guard call.opset < 21 else { return try call.channels(given, of: x) }
      return try writer.reshape(given, [Dim(groups), 1] + Shape(repeating: 1, count: shape.count - 2), "group\(position)")
    }
    let whole = call.opset < 21 ? normal : try writer.reshape(normal, shape, "joined")
    let scaled = try writer.binary("add", try writer.binary("multiply", whole, try factor(1), "scaled"), try factor(2), "shifted")
    return try writer.reshape(scaled, shape, "")
  }
}

extension ONNXCall {
  /// A vector `[C]` that broadcasts along axis 1 of `x`.
  func channels(_ vector: ValueID, of x: ValueID) throws(Diagnostic) -> ValueID {
    try writer.reshape(vector, writer.shape(vector) + Shape(repeating: 1, count: max(writer.rank(x) - 2, 0)), "channels")
  }
}
