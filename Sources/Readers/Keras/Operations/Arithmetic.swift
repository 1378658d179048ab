import Containers
import GraphIR
import Operators
import Tensors

extension KerasOperations {
  /// Functions of two tensors, choice, and conversion.
  static let arithmetic: [KerasOperation] = [
    binary("add", "add_v2"), binary("subtract", "sub"), binary("multiply", "mul"), binary("maximum"), binary("minimum"),
    binary("power", "pow"), binary("floor_divide", "floordiv"), binary("mod", "floormod"), binary("arctan2", isFloat: true, "atan2"),
    binary("equal", "eq"), binary("not_equal", "ne"), binary("less", "lt"), binary("less_equal", "le"), binary("greater", "gt"),
    binary("greater_equal", "ge"), binary("logical_and", "and"), binary("logical_or", "or"), binary("logical_xor", "xor"),
    binary("logaddexp", isFloat: true), binary("hypot", isFloat: true), binary("squared_difference"),
    binary("divide", isFloat: true, "truediv", "true_divide", "div"),
    KerasOperation("fmax") { (call) throws(Diagnostic) in [try numberFirst(call, "maximum")] },
    KerasOperation("fmin") { (call) throws(Diagnostic) in [try numberFirst(call, "minimum")] },
    KerasOperation("divide_no_nan", "div_no_nan") { (call) throws(Diagnostic) in
      let (a, b) = (try call.operand(call.argument(0, "x1", "x")), try call.operand(call.argument(1, "x2", "y")))
      let isZero = try call.writer.apply("equal", [b, .number(0)], "zero")
      return [try call.writer.apply("where", [.value(isZero), .number(0), .value(try quotient(call.writer, a, b, "quotient"))], "")]
    },
    KerasOperation("heaviside") { (call) throws(Diagnostic) in
      let (a, b) = (try call.operand(call.argument(0, "x1")), try call.operand(call.argument(1, "x2")))
      let step = try call.writer.cast(try call.writer.apply("greater", [a, .number(0)], "positive"), to: .float32, "step")
      return [try call.writer.apply("where", [.value(try call.writer.apply("equal", [a, .number(0)], "zero")), b, .value(step)], "")]
    },
    KerasOperation("clip", "clip_by_value") { (call) throws(Diagnostic) in
      let low = try call.number("x_min", "clip_value_min", default: -.infinity)
      let high = try call.number("x_max", "clip_value_max", default: .infinity)
      return [try call.writer.apply("clip", [.value(try call.input()), .number(low), .number(high)], "")]
    },
    KerasOperation("where", "where_v2", "select") { (call) throws(Diagnostic) in
      let condition = try call.value(call.argument(0, "condition") ?? .list([]))
      return [
        try call.writer.apply(
          "where", [.value(condition), try call.operand(call.argument(1, "x1", "x")), try call.operand(call.argument(2, "x2", "y"))], "")
      ]
    },
    KerasOperation("cast") { (call) throws(Diagnostic) in
      [try call.writer.cast(try call.input(), to: try dtype(call) ?? .float32, "")]
    },
    KerasOperation("round") { (call) throws(Diagnostic) in
      let scale = ([Double](repeating: 10, count: max(0, min(9, try call.int("decimals", default: 0))))).reduce(1, *)
      let x = try call.input()
      if scale == 1 { return [try call.writer.unary("round", x, [:], "")] }
      let rounded = try call.writer.unary("round", try call.writer.binary("multiply", x, scale, "scaled"), [:], "rounded")
      return [try call.writer.binary("divide", rounded, scale, "")]
    },
    KerasOperation("cbrt") { (call) throws(Diagnostic) in
      let x = try call.writer.floating(try call.input())
      let root = try call.writer.binary("power", try call.writer.unary("abs", x, [:], "abs"), 1.0 / 3, "root")
      return [try call.writer.binary("multiply", root, try call.writer.unary("sign", x, [:], "sign"), "")]
    },
    KerasOperation("sinc") { (call) throws(Diagnostic) in
      let x = try call.writer.binary("multiply", try call.writer.floating(try call.input()), Double.pi, "angle")
      let ratio = try call.writer.binary("divide", try call.writer.unary("sin", x, [:], "sin"), x, "ratio")
      return [try call.writer.apply("where", [.value(try call.writer.binary("equal", x, 0, "zero")), .number(1), .value(ratio)], "")]
    },
    KerasOperation("zeros_like") { (call) throws(Diagnostic) in [try filled(call, 0)] },
    KerasOperation("ones_like") { (call) throws(Diagnostic) in [try filled(call, 1)] },
    KerasOperation("full_like") { (call) throws(Diagnostic) in
      guard let value = try call.argument(1, "fill_value")?.literal?.plainNumber() else {
        throw Diagnostic("the value to fill with is no number")
      }
      return [try filled(call, value)]
    },
  ]

  private static func binary(_ row: String, isFloat: Bool = false, _ aliases: String...) -> KerasOperation {
    KerasOperation([row] + aliases) { (call) throws(Diagnostic) in
      let a = try call.operand(call.argument(0, "x1", "x", "a"))
      let b = try call.operand(call.argument(1, "x2", "y", "b"))
      if row == "divide" { return [try quotient(call.writer, a, b, "")] }
      return [try call.writer.apply(row, isFloat ? [try floating(a, call), try floating(b, call)] : [a, b], "")]
    }
  }

  private static func floating(_ operand: Operand, _ call: KerasOperationCall) throws(Diagnostic) -> Operand {
    if case .value(let id) = operand { return .value(try call.writer.floating(id)) }
    return operand
  }

  /// Integers are divided as floats.
  private static func quotient(_ writer: GraphWriter, _ a: Operand, _ b: Operand, _ label: String) throws(Diagnostic) -> ValueID {
    var operands: [Operand] = []
    for operand in [a, b] {
      if case .value(let id) = operand {
        operands.append(.value(try writer.floating(id, "\(label)/float")))
      } else {
        operands.append(operand)
      }
    }
    return try writer.apply("divide", operands, label)
  }

  /// The other operand where one is NaN.
  private static func numberFirst(_ call: KerasOperationCall, _ row: String) throws(Diagnostic) -> ValueID {
    let (a, b) = (try call.operand(call.argument(0, "x1")), try call.operand(call.argument(1, "x2")))
    let both = try call.writer.apply(row, [a, b], row)
    let withoutA = try call.writer.apply("where", [.value(try call.writer.apply("isnan", [a], "a_is_nan")), b, .value(both)], "without_a")
    return try call.writer.apply("where", [.value(try call.writer.apply("isnan", [b], "b_is_nan")), a, .value(withoutA)], "")
  }

  private static func filled(_ call: KerasOperationCall, _ value: Double) throws(Diagnostic) -> ValueID {
    let x = try call.input()
    let dtype = try dtype(call) ?? call.writer.dtype(x)
    let scalar = call.writer.constant(Tensor(dtype, [], [value]), "value")
    return try call.writer.add(Expand(call.writer.shape(x)), [scalar], "")
  }

  /// The type that the node asks for; in Keras 3 it is the policy's.
  private static func dtype(_ call: KerasOperationCall) throws(Diagnostic) -> DType? {
    guard let json = call.parameter("dtype") else { return nil }
    let name = json.isObject ? try json.value("config").string("name") : try json.string()
    guard let dtype = DType(rawValue: name) else { throw json.problem("the type is \"\(name)\"") }
    return dtype
  }
}
