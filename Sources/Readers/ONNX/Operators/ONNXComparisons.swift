import GraphIR
import Tensors

extension ONNXOperators {
  /// Comparisons, logic and choice.
  static let comparisons: [ONNXOperator] = [
    comparison("Equal", .all, "equal"), comparison("Less", .numbers, "less"), comparison("Greater", .numbers, "greater"),
    comparison("LessOrEqual", since: 12, .numbers, "less_equal"), comparison("GreaterOrEqual", since: 12, .numbers, "greater_equal"),
    comparison("And", .bool, "logical_and"), comparison("Or", .bool, "logical_or"), comparison("Xor", .bool, "logical_xor"),
    ONNXOperator("Where", since: 9, .bool) { (call) throws(Diagnostic) in
      try call.writer.apply("where", [.value(try call.input(0)), .value(try call.input(1)), .value(try call.input(2))], "")
    },
  ]

  private static func comparison(_ name: String, since: Int = 1, _ types: ONNXTypes, _ function: String) -> ONNXOperator {
    ONNXOperator(name, since: since, types) { (call) throws(Diagnostic) in
      let (a, b) = try call.operands()
      return try call.writer.binary(function, a, b, "")
    }
  }
}
