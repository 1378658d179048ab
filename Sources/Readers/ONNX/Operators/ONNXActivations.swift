import GraphIR
import Tensors

extension ONNXOperators {
  /// Functions of one tensor, element by element.
  static let activations: [ONNXOperator] = [
    unary("Abs", "abs", .numbers), unary("Acos", "arccos", since: 7), unary("Acosh", "arccosh", since: 9),
    unary("Asin", "arcsin", since: 7),
    unary("Asinh", "arcsinh", since: 9), unary("Atan", "arctan", since: 7), unary("Atanh", "arctanh", since: 9),
    unary("BitwiseNot", "bitwise_not", .integers, since: 18), unary("Ceil", "ceil"), unary("Cos", "cos", since: 7),
    unary("Cosh", "cosh", since: 9),
    unary("Erf", "erf", .numbers, since: 9), unary("Exp", "exp"), unary("Floor", "floor"),
    unary("IsNaN", "isnan", since: 9), unary("Log", "log"), unary("Mish", "mish", since: 18), unary("Neg", "negative", .numbers),
    unary("Not", "logical_not", .bool), unary("Reciprocal", "reciprocal"), unary("Relu", "relu", .numbers),
    unary("Round", "round", since: 11),
    unary("Sigmoid", "sigmoid"), unary("Sign", "sign", .numbers, since: 9), unary("Sin", "sin", since: 7), unary("Sinh", "sinh", since: 9),
    unary("Softplus", "softplus"), unary("Softsign", "softsign"), unary("Sqrt", "sqrt"), unary("Tan", "tan", since: 7),
    unary("Tanh", "tanh"),
    unary("HardSwish", "hard_silu", since: 14),
    unary("Elu", "elu", attributes: ["alpha": ("alpha", 1)]), unary("Celu", "celu", since: 12, attributes: ["alpha": ("alpha", 1)]),
    unary("LeakyRelu", "leaky_relu", attributes: ["alpha": ("negative_slope", 0.01)]),
    unary("Selu", "selu", attributes: ["alpha": ("alpha", 1.67326319217681884765625), "gamma": ("scale", 1.05070102214813232421875)]),
    unary("HardSigmoid", "hard_sigmoid", attributes: ["alpha": ("alpha", 0.2), "beta": ("beta", 0.5)]),
    unary("Swish", "silu", since: 24, attributes: ["alpha": ("beta", 1)]),
    unary("ThresholdedRelu", "threshold", since: 10, attributes: ["alpha": ("threshold", 1)]),
    ONNXOperator("Gelu", since: 20, .floats, build: gelu),
    ONNXOperator("Gelu", domain: "com.microsoft", .floats, build: gelu),
    ONNXOperator("FastGelu", domain: "com.microsoft", .floats) { (call) throws(Diagnostic) in
      let x = try call.input()
      let biased = try call.optional(1).map { (bias) throws(Diagnostic) in try call.writer.binary("add", x, bias, "bias") } ?? x
      return try call.writer.unary("gelu", biased, ["approximate": 1], "")
    },
    ONNXOperator("QuickGelu", domain: "com.microsoft", .floats) { (call) throws(Diagnostic) in
      try call.writer.unary("silu", try call.input(), ["beta": try call.attributes.float("alpha", default: 1.702)], "")
    },
    ONNXOperator("Shrink", since: 9, .numbers, build: shrink),
    ONNXOperator("IsInf", since: 10, .floats, build: isInfinite),
    ONNXOperator("Clip", .numbers, build: clip),
    ONNXOperator("PRelu", .numbers) { (call) throws(Diagnostic) in
      let (x, slope) = (try call.input(0), try call.input(1))
      let scaled = try call.writer.binary("multiply", x, try call.aligned(slope, to: x), "scaled")
      let isNegative = try call.writer.binary("less", x, 0, "negative")
      return try call.writer.apply("where", [.value(isNegative), .value(scaled), .value(x)], "")
    },
  ]

  /// A row of `ElementwiseFunction`; `attributes` gives for each of ONNX its name there, and its default.
  private static func unary(
    _ name: String, _ function: String, _ types: ONNXTypes = .floats, since: Int = 1,
    attributes: [String: (name: String, value: Double)] = [:]
  ) -> ONNXOperator {
    ONNXOperator(name, since: since, types) { (call) throws(Diagnostic) -> ValueID in
      call.attributes.ignore("consumed_inputs")
      var given: [String: Double] = [:]
      for (key, other) in attributes { given[other.name] = try call.attributes.float(key, default: other.value) }
      return try call.writer.unary(function, try call.input(), given, "")
    }
  }

  private static func gelu(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let isApproximate = try call.attributes.choice("approximate", of: ["none", "tanh"], default: "none") == "tanh"
    return try call.writer.unary("gelu", try call.input(), ["approximate": isApproximate ? 1 : 0], "")
  }

  private static func shrink(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (x, writer) = (try call.input(), call.writer)
    let (bias, lambda) = (try call.attributes.float("bias", default: 0), try call.attributes.float("lambd", default: 0.5))
    let zero = try writer.apply("multiply", [.value(x), .number(0)], "zero")
    let above = try writer.apply(
      "where",
      [
        .value(try writer.binary("greater", x, lambda, "is_above")), .value(try writer.binary("subtract", x, bias, "lowered")),
        .value(zero),
      ], "above")
    let isBelow = try writer.binary("less", x, -lambda, "is_below")
    return try writer.apply("where", [.value(isBelow), .value(try writer.binary("add", x, bias, "raised")), .value(above)], "")
  }

  private static func isInfinite(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (x, writer) = (try call.input(), call.writer)
    let negative = try call.attributes.flag("detect_negative", default: true)
    let positive = try call.attributes.flag("detect_positive", default: true)
    if negative && positive { return try writer.unary("isinf", x, [:], "") }
    if negative || positive { return try writer.binary("equal", x, negative ? -.infinity : .infinity, "") }
    return try writer.binary("logical_and", try writer.unary("isinf", x, [:], "isinf"), try writer.unary("isnan", x, [:], "never"), "")
  }

  private static func clip(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    call.attributes.ignore("consumed_inputs")
    var x = try call.input()
    let (low, high) = (try call.attributes.optionalFloat("min"), try call.attributes.optionalFloat("max"))
    if let least = try call.optional(1).map({ Operand.value($0) }) ?? low.map({ .number($0) }) {
      x = try call.writer.apply("maximum", [.value(x), least], "min")
    }
    if let most = try call.optional(2).map({ Operand.value($0) }) ?? high.map({ .number($0) }) {
      x = try call.writer.apply("minimum", [.value(x), most], "max")
    }
    return x
  }
}

extension ONNXCall {
  /// A slope of shape `[C]` with the channels of `x`, where it would not broadcast as it is.
  fileprivate func aligned(_ slope: ValueID, to x: ValueID) throws(Diagnostic) -> ValueID {
    let (shape, target) = (writer.shape(slope), writer.shape(x))
    guard shape.count == 1, target.count > 2, shape[0] != target[target.count - 1], shape[0] == target[1], shape[0] != 1 else {
      return slope
    }
    return try writer.reshape(slope, shape + Shape(repeating: 1, count: target.count - 2), "slope")
  }
}
