import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// ONNX Runtime's operators that take and give quantised tensors, by way of real numbers.
  static let quantisedFunctions: [ONNXOperator] = [
    quantised("QLinearAdd", result: 6) { (call) throws(Diagnostic) in
      try call.writer.binary("add", try call.real(0), try call.real(3), "sum")
    },
    quantised("QLinearMul", result: 6) { (call) throws(Diagnostic) in
      try call.writer.binary("multiply", try call.real(0), try call.real(3), "product")
    },
    quantised("QLinearSigmoid") { (call) throws(Diagnostic) in try call.writer.unary("sigmoid", try call.real(0), [:], "sigmoid") },
    quantised("QLinearLeakyRelu") { (call) throws(Diagnostic) in
      let slope = try call.attributes.float("alpha", default: 0.01)
      return try call.writer.unary("leaky_relu", try call.real(0), ["negative_slope": slope], "leaky_relu")
    },
    quantised("QLinearSoftmax") { (call) throws(Diagnostic) in
      let x = try call.real(0)
      let axis = try call.axis(default: -1, rank: call.writer.rank(x))
      // Before opset 13 all axes from this one on count as one.
      let isOld = try call.attributes.int("opset", default: 13) < 13
      return try call.writer.softmax(x, axes: isOld ? Array(axis..<call.writer.rank(x)) : [axis], "softmax")
    },
    quantised("QLinearGlobalAveragePool") { (call) throws(Diagnostic) in
      let x = try call.real(0)
      let last = call.writer.rank(x)
      let axes = try call.attributes.flag("channels_last") ? Array(1..<max(last - 1, 1)) : Array(2..<max(last, 2))
      return try call.writer.reduce(.mean, x, axes: axes, keepDims: true, "mean")
    },
    quantised("QLinearReduceMean") { (call) throws(Diagnostic) in
      let x = try call.real(0)
      let axes = try call.attributes.optionalInts("axes") ?? Array(0..<call.writer.rank(x))
      return try call.writer.reduce(.mean, x, axes: axes, keepDims: try call.attributes.flag("keepdims", default: true), "mean")
    },
    quantised("QLinearAveragePool") { (call) throws(Diagnostic) in
      guard try !call.attributes.flag("channels_last") else {
        throw Diagnostic("a pool with its channels last", hint: "export without ONNX Runtime's layout optimisation")
      }
      return try pool(call, try call.real(0), .average)
    },
    quantised("QLinearConcat", result: 0, source: 2) { (call) throws(Diagnostic) in
      let parts = try stride(from: 2, to: call.values.count, by: 3).map { (position) throws(Diagnostic) in try call.real(position) }
      guard let first = parts.first else { throw Diagnostic("nothing is concatenated") }
      return try call.writer.concatenate(parts, axis: try call.axis(default: 0, rank: call.writer.rank(first)), "concatenated")
    },
    quantised("QLinearWhere", result: 7, source: 1) { (call) throws(Diagnostic) in
      try call.writer.apply("where", [.value(try call.input(0)), .value(try call.real(1)), .value(try call.real(4))], "chosen")
    },
  ]

  /// What `body` computes, quantised with the scale and zero point at `result`, as integers of the type of input `source` where there
  /// is no zero point.
  private static func quantised(
    _ name: String, result: Int = 3, source: Int = 0, _ body: @escaping @Sendable (ONNXCall) throws(Diagnostic) -> ValueID
  ) -> ONNXOperator {
    ONNXOperator(name, domain: "com.microsoft") { (call) throws(Diagnostic) -> ValueID in
      let pair = QuantisationPair(try call.input(result), try call.optional(result + 1))
      let own = try call.type(source).dtype
      let dtype = pair.zeroPoint.map { call.writer.dtype($0) } ?? own
      return try call.writer.quantise(try body(call), try call.plain(pair), to: dtype, "")
    }
  }
}

extension ONNXCall {
  /// Input `position` as real numbers; its scale and zero point follow it.
  fileprivate func real(_ position: Int) throws(Diagnostic) -> ValueID {
    let pair = try plain(QuantisationPair(try input(position + 1), try optional(position + 2)))
    return try writer.dequantise(try input(position), pair, to: writer.dtype(pair.scale), "real\(position)")
  }

  /// The two as scalars, which add no axis to a result.
  fileprivate func plain(_ pair: QuantisationPair) throws(Diagnostic) -> QuantisationPair {
    func scalar(_ id: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
      writer.shape(id) == [1] ? try writer.reshape(id, [], label) : id
    }
    return QuantisationPair(
      try scalar(pair.scale, "scale"), try pair.zeroPoint.map { (id) throws(Diagnostic) in try scalar(id, "zero_point") })
  }
}
