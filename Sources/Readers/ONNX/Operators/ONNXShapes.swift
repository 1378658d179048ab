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
    ONNXOperator("ConstantOfShape", since: 9, build: constantOfShape), ONNXOperator("Range", since: 11, .numbers, build: range),
  ]

  private static func clamped(_ axis: Int, _ rank: Int) -> Int { min(max(axis < 0 ? axis + rank : axis, 0), rank) }

  private static func constantOfShape(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let value = try call.attributes.tensor("value") ?? Tensor(floats: [0], [1])
    guard value.count == 1 else { throw Diagnostic("the value is \(value.type)", hint: "it is one element") }
    let shape = try call.shape(0, "the shape")
    let scalar = call.writer.constant(value.reshaped([]), "value")
    return shape.isEmpty ? scalar : try call.writer.add(Expand(shape), [scalar], "")
  }

  /// Numbers from `start` on in steps, whose count follows from shapes and constants.
  private static func range(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (writer, dtype) = (call.writer, try call.type().dtype)
    if let start = try call.extents(0)?.first?.constant, let step = try call.extents(2)?.first?.constant, step != 0,
      let limit = try call.extents(1)?.first, limit.constant == nil
    {
      // Down to the limit is up to it with both turned round.
      let span = step > 0 ? limit - Dim(start) : Dim(start) - limit
      let counted = try writer.positions(span.ceilingDivision(by: abs(step)), "positions")
      let scaled = try writer.binary("multiply", counted, Double(step), "scaled")
      return try writer.cast(try writer.binary("add", scaled, Double(start), "shifted"), to: dtype, "")
    }
    guard let start = try call.known(0, "the start"), let limit = try call.known(1, "the limit"), let step = try call.known(2, "the step"),
      [start, limit, step].allSatisfy({ $0.count == 1 && $0.dtype == dtype })
    else {
      throw Diagnostic("a range of other inputs than three numbers of one type")
    }
    if dtype.isFloat {
      let (first, by) = (start.doubles[0], step.doubles[0])
      let numbers = try counted((limit.doubles[0] - first) / by).map { first + Double($0) * by }
      return writer.constant(Tensor(dtype, [numbers.count], numbers), "")
    }
    let (first, by) = (start.integers[0], step.integers[0])
    let (span, isTooFar) = limit.integers[0].subtractingReportingOverflow(first)
    guard by != 0, !isTooFar else { throw Diagnostic("a range from \(first) to \(limit.integers[0]) in steps of \(by)") }
    let rest = span % by != 0 && (span < 0) == (by < 0)
    let numbers = try counted(Double(span / by + (rest ? 1 : 0))).map { first &+ Int64($0) &* by }
    return writer.constant(Tensor(dtype, [numbers.count], integers: numbers), "")
  }

  /// As many numbers as steps, the last one cut short; none where the limit lies the other way.
  private static func counted(_ steps: Double) throws(Diagnostic) -> Range<Int> {
    guard steps < 0x1p28 else { throw Diagnostic("a range of \(steps) numbers", hint: "the step is not 0, and the count below 2^28") }
    return 0..<Int(max(steps.rounded(.up), 0))
  }
}
