import GraphIR
import Tensors

extension ONNXOperators {
  /// Tensors that the model holds.
  static let constants: [ONNXOperator] = [
    ONNXOperator("Constant") { (call) throws(Diagnostic) in call.writer.constant(try constant(call), "") }
  ]

  private static func constant(_ call: ONNXCall) throws(Diagnostic) -> Tensor {
    let attributes = call.attributes
    if let tensor = try attributes.tensor("value") { return tensor }
    if let sparse = try attributes.sparse("sparse_value") { return sparse }
    if let number = try attributes.optionalFloat("value_float") { return Tensor(.float32, [], [number]) }
    if let number = try attributes.integer("value_int") { return Tensor(.int64, [], integers: [number]) }
    if let numbers = try attributes.integers("value_ints") { return Tensor(.int64, [numbers.count], integers: numbers) }
    if attributes.has("value_floats") {
      let numbers = try attributes.floats("value_floats")
      return Tensor(.float32, [numbers.count], numbers)
    }
    throw Diagnostic("a constant without a value", hint: "supported are tensors and numbers, no strings")
  }
}
