import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  static let dropout: [ONNXOperator] = [ONNXOperator("Dropout", .floats, values: droppedOut)]

  /// In inference, which is the default, the input and a mask that holds everywhere. A model that is in training for good is refused,
  /// since nobody means that; where an input says so in each run, it is followed.
  private static func droppedOut(_ call: ONNXCall) throws(Diagnostic) -> [ONNXValue] {
    call.attributes.ignore("consumed_inputs", "ratio", "is_test")
    let given = try call.constant(2)
    if call.has(2), given == nil { return try call.droppedOutByData() }
    call.attributes.ignore("seed")
    if let training = given, training.integers.contains(where: { $0 != 0 }), try call.knownNumber(1, "the ratio") ?? 0.5 != 0 {
      throw Diagnostic("training_mode is true", hint: "export the model for inference: model.eval()")
    }
    let x = try call.input()
    guard call.wants(1) else { return [.tensor(x)] }
    let mask = try call.writer.unary("logical_not", try call.writer.binary("not_equal", x, x, "never"), [:], "mask")
    let always = try call.writer.binary("logical_or", mask, try call.writer.unary("isnan", x, [:], "isnan"), "always")
    return [.tensor(x), .tensor(call.opset < 10 ? try call.writer.cast(always, to: call.writer.dtype(x), "mask_cast") : always)]
  }
}

extension ONNXCall {
  /// Elements are kept where a random number from 0 up to 1 is not below the ratio, and then grow by as much as is lost elsewhere.
  fileprivate func droppedOutByData() throws(Diagnostic) -> [ONNXValue] {
    let (x, training) = (try input(), Term(try writer.reshape(try input(2), [], "training"), writer))
    let ratio = Term(try ratio(), writer)
    let seed = try attributes.optionalInt("seed") ?? seedOfName
    let chance = Term(try writer.uniform(writer.shape(x), seed: seed, "chance"), writer)
    let mask = try chance.applying("greater_equal", .value(ratio.id)).applying("logical_or", .value(training.applying("logical_not").id))
    let growth = try writer.apply("where", [.value(training.id), .value((1 - ratio).applying("reciprocal").id), .number(1)], "growth")
    let grown = try writer.binary("multiply", x, try writer.cast(growth, to: writer.dtype(x), "growth_cast"), "grown")
    return [.tensor(try writer.apply("where", [.value(mask.id), .value(grown), .number(0)], "")), .tensor(mask.id)]
  }

  private func ratio() throws(Diagnostic) -> ValueID {
    guard let given = try optional(1) else { return writer.constant(Tensor(floats: [0.5], []), "ratio") }
    return try writer.cast(try writer.reshape(given, [], "ratio"), to: .float32, "ratio_wide")
  }
}
