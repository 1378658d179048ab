import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Functions of several tensors, element by element, which broadcast.
  static let arithmetic: [ONNXOperator] = [
    binary("Add", "add"), binary("Sub", "subtract"), binary("Mul", "multiply"),
    ONNXOperator("Div", .numbers) { (call) throws(Diagnostic) in
      let (a, b) = try call.operands()
      return try call.writer.binary(call.writer.dtype(a).isFloat ? "divide" : "truncate_divide", a, b, "")
    },
    ONNXOperator("Mod", since: 10, .numbers) { (call) throws(Diagnostic) in
      let isTruncated = try call.attributes.flag("fmod")
      return try call.writer.binary(isTruncated ? "truncate_mod" : "mod", try call.input(0), try call.input(1), "")
    },
    ONNXOperator("Pow", .numbers, build: power),
    chain("Max", .numbers, "maximum"), chain("Min", .numbers, "minimum"), chain("Sum", .floats, "add"),
    ONNXOperator("Mean", .floats) { (call) throws(Diagnostic) in
      let sum = try call.folded("add")
      return try call.writer.binary("divide", sum, Double(call.values.count), "")
    },
    ONNXOperator("BitwiseAnd", since: 18, .integers) { (call) throws(Diagnostic) in
      try call.writer.binary("bitwise_and", try call.input(0), try call.input(1), "")
    },
    ONNXOperator("BitwiseOr", since: 18, .integers) { (call) throws(Diagnostic) in
      try call.writer.binary("bitwise_or", try call.input(0), try call.input(1), "")
    },
    ONNXOperator("BitwiseXor", since: 18, .integers) { (call) throws(Diagnostic) in
      try call.writer.binary("bitwise_xor", try call.input(0), try call.input(1), "")
    },
  ]

  private static func binary(_ name: String, _ function: String) -> ONNXOperator {
    ONNXOperator(name, .numbers) { (call) throws(Diagnostic) in
      let (a, b) = try call.operands()
      return try call.writer.binary(function, a, b, "")
    }
  }

  private static func chain(_ name: String, _ types: ONNXTypes, _ function: String) -> ONNXOperator {
    ONNXOperator(name, types) { (call) throws(Diagnostic) in
      call.attributes.ignore("consumed_inputs")
      return try call.folded(function)
    }
  }

  /// The exponent may have another type than the base, whose type the result has.
  private static func power(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (base, exponent) = try call.operands()
    let (dtype, other) = (call.writer.dtype(base), call.writer.dtype(exponent))
    if dtype == other || !dtype.isFloat && !other.isFloat {
      return try call.writer.binary("power", base, try call.writer.cast(exponent, to: dtype, "exponent"), "")
    }
    let wide = dtype.isFloat ? dtype : .float64
    let result = try call.writer.binary(
      "power", try call.writer.cast(base, to: wide, "base"), try call.writer.cast(exponent, to: wide, "exponent"), "power")
    return try call.writer.cast(result, to: dtype, "")
  }
}

extension ONNXCall {
  /// The two inputs of an operator that broadcasts. Before opset 7 the second is laid along `axis` of the first where `broadcast` says so.
  func operands() throws(Diagnostic) -> (ValueID, ValueID) {
    let (a, b) = (try input(0), try input(1))
    guard opset < 7 else { return (a, b) }
    attributes.ignore("consumed_inputs")
    let axis = try attributes.optionalInt("axis")
    guard try attributes.flag("broadcast"), let axis else { return (a, b) }
    let (shape, rank) = (writer.shape(b), writer.rank(a))
    let start = try normalisedAxis(axis, rank: max(rank, 1))
    guard start + shape.count <= rank else {
      throw Diagnostic("\(writer.type(b)) is laid along \(writer.type(a)) from axis \(axis) on", hint: "it does not fit there")
    }
    return (a, try writer.reshape(b, shape + Shape(repeating: 1, count: rank - start - shape.count), "broadcast"))
  }

  /// All inputs combined from the left.
  func folded(_ function: String) throws(Diagnostic) -> ValueID {
    var result = try input(0)
    let others = try inputs(from: 1)
    for (position, other) in others.enumerated() {
      result = try writer.binary(function, result, other, position == others.count - 1 ? "" : "part\(position)")
    }
    return result
  }
}
