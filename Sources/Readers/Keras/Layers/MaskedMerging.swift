import GraphIR
import Tensors

/// How Keras 3 merges tensors some of whose steps are masked: what is hidden plays no part.
enum MaskedMerging {
  /// Of two values only the one that is shown counts; where neither is, both do.
  static func extremum(_ function: String, _ inputs: [KerasTensor], _ call: KerasLayerCall) throws(Diagnostic) -> ValueID {
    var result = inputs[0]
    for input in inputs.dropFirst() {
      let next = try shown(input, else: .value(result.id), call)
      let before = try shown(result, else: .value(next), call)
      let mask = try either(result.mask, input.mask, call)
      result = KerasTensor(try call.writer.binary(function, before, next, function), mask: mask)
    }
    return result.id
  }

  /// Hidden factors are 1; where all are hidden, the product is 0.
  static func product(_ inputs: [KerasTensor], _ call: KerasLayerCall) throws(Diagnostic) -> ValueID {
    var result = KerasTensor(try shown(inputs[0], else: .number(1), call), mask: inputs[0].mask)
    for input in inputs.dropFirst() {
      let factor = try shown(input, else: .number(1), call)
      let mask = try either(result.mask, input.mask, call)
      result = KerasTensor(try call.writer.binary("multiply", result.id, factor, "multiply"), mask: mask)
    }
    return try shown(result, else: .number(0), call)
  }

  private static func shown(_ x: KerasTensor, else other: Operand, _ call: KerasLayerCall) throws(Diagnostic) -> ValueID {
    guard let mask = x.mask else { return x.id }
    let flags = try call.writer.expandDims(mask, -1, "flags")
    return try call.writer.apply("where", [.value(flags), .value(x.id), other], "shown")
  }

  private static func either(_ a: ValueID?, _ b: ValueID?, _ call: KerasLayerCall) throws(Diagnostic) -> ValueID? {
    guard let a, let b else { return nil }
    return try call.writer.binary("logical_or", a, b, "any_mask")
  }
}
