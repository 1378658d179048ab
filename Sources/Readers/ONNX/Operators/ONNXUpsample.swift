import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// The elder of Resize: elements repeated by whole factors.
  static let upsampling: [ONNXOperator] = [
    ONNXOperator("Upsample") { (call) throws(Diagnostic) in
      var x = try call.input()
      guard try call.attributes.choice("mode", of: ["nearest", "linear", "bilinear"], default: "nearest") == "nearest" else {
        throw Diagnostic("a linear Upsample", hint: "export with opset 11 or later, which has Resize")
      }
      if try call.isComputed(1) { return try call.upsampledByData(x) }
      for (axis, scale) in try call.scales(of: x).enumerated() where scale != 1 {
        guard scale > 1, scale == scale.rounded(), scale < 0x1p20 else {
          throw Diagnostic("axis \(axis) is scaled by \(scale)", hint: "export with opset 11 or later, which has Resize")
        }
        x = try call.writer.add(Repeat(Int(scale), axis: axis), [x], "repeated\(axis)")
      }
      return x
    }
  ]
}

extension ONNXCall {
  /// One factor for each axis.
  fileprivate func scales(of x: ValueID) throws(Diagnostic) -> [Double] {
    let shape = writer.shape(x)
    var scales = try constant(1)?.doubles ?? []
    if !has(1) {
      scales = attributes.has("scales") ? try attributes.floats("scales") : [1, 1] + (try [scale("height_scale"), scale("width_scale")])
    }
    guard scales.count == shape.count else {
      throw Diagnostic("\(scales.count) scales for \(writer.type(x))", hint: "there is one for each axis")
    }
    return scales
  }

  private func scale(_ name: String) throws(Diagnostic) -> Double { try attributes.float(name, default: 1) }
}
