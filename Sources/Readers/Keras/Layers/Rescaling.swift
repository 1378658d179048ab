import Containers
import GraphIR
import Tensors

extension KerasLayers {
  static let rescaling: [KerasLayerClass] = [
    KerasLayerClass("Rescaling", masks: .pass) { (call) throws(Diagnostic) in
      let x = try call.writer.floating(try call.input().id)
      let scaled = try call.writer.apply("multiply", [.value(x), try factor(call, "scale", default: 1)], "scaled")
      return [KerasTensor(try call.writer.apply("add", [.value(scaled), try factor(call, "offset", default: 0)], ""))]
    }
  ]

  /// One number, or one for each channel.
  private static func factor(_ call: KerasLayerCall, _ key: String, default other: Double) throws(Diagnostic) -> Operand {
    guard let numbers = try call.config.value(key)?.flatDoubles() else { return .number(other) }
    if numbers.count == 1 { return .number(numbers[0]) }
    return .value(call.writer.constant(Tensor(.float32, [numbers.count], numbers), key))
  }
}
