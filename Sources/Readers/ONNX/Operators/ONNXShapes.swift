import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Shapes as tensors, and tensors from shapes.
  static let shapes: [ONNXOperator] = [
    ONNXOperator("Shape") { (call) throws(Diagnostic) in
      let shape = try call.type().shape
      let start = clamped(try call.attributes.int("start", default: 0), shape.count)
      let end = clamped(try call.attributes.int("end", default: shape.count), shape.count)
      let part = Array(shape[start..<max(start, end)])
      return try call.writer.extents(part, shape: [part.count], "")
    },
    ONNXOperator("Size") { (call) throws(Diagnostic) in try call.writer.extents([try call.type().shape.elementCount], shape: [], "") },
    ONNXOperator("ConstantOfShape", since: 9, build: constantOfShape),
  ]

  private static func clamped(_ axis: Int, _ rank: Int) -> Int { min(max(axis < 0 ? axis + rank : axis, 0), rank) }

  private static func constantOfShape(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let value = try call.attributes.tensor("value") ?? Tensor(floats: [0], [1])
    guard value.count == 1 else { throw Diagnostic("the value is \(value.type)", hint: "it is one element") }
    let shape = try call.askedShape()
    let scalar = call.writer.constant(value.reshaped([]), "value")
    return shape.isEmpty ? scalar : try call.writer.add(Expand(shape), [scalar], "")
  }
}

extension ONNXCall {
  /// The shape that input 0 asks for.
  fileprivate func askedShape() throws(Diagnostic) -> Shape {
    if let known = try constant(0) { return Shape(known.integers.map(ONNXAttributes.bounded)) }
    if let known = try extents(0) { return known }
    let (asked, rank) = try integers(0, "shape")
    return try computedShape(asked, within: [Dim?](repeating: nil, count: rank))
  }
}
