import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Operators that change the type of elements, or their bits.
  static let casts: [ONNXOperator] = [
    ONNXOperator("Cast", build: cast),
    ONNXOperator("CastLike", since: 15) { (call) throws(Diagnostic) in
      try call.writer.cast(try call.input(0), to: try call.type(1).dtype, mode: try mode(call), "")
    },
    ONNXOperator("BitCast", since: 26) { (call) throws(Diagnostic) in
      let x = try call.input()
      return try call.writer.add(ElementwiseFunction.bitCast(call.writer.dtype(x), to: try target(call)), [x], "")
    },
    ONNXOperator("BitShift", since: 11, .integers) { (call) throws(Diagnostic) in
      let direction = try call.attributes.choice("direction", of: ["LEFT", "RIGHT"], default: "")
      return try call.writer.binary("shift_\(direction.lowercased())", try call.input(0), try call.input(1), "")
    },
  ]

  private static func cast(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (dtype, mode) = (try target(call), try mode(call))
    let x = try call.input()
    if let extents = call.writer.extents[x], dtype == .int64, let shape = call.writer.shape(x).constants {
      return try call.writer.extents(extents, shape: shape, "")
    }
    return try call.writer.cast(x, to: dtype, mode: mode, "")
  }

  private static func target(_ call: ONNXCall) throws(Diagnostic) -> DType {
    guard let dtype = try call.attributes.dtype("to") else { throw Diagnostic("the attribute \"to\" is missing") }
    return dtype
  }

  private static func mode(_ call: ONNXCall) throws(Diagnostic) -> CastMode {
    let saturates = try call.attributes.flag("saturate", default: true)
    let name = try call.attributes.choice("round_mode", of: CastMode.Rounding.allCases.map(\.rawValue), default: "up")
    return CastMode(saturates: saturates, rounding: CastMode.Rounding(rawValue: name) ?? .up)
  }
}
