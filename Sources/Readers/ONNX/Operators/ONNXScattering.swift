import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Operators that read or write elements at places which tensors name.
  static let scattering: [ONNXOperator] = [
    ONNXOperator("GatherND", since: 11) { (call) throws(Diagnostic) in
      let axes = try call.attributes.int("batch_dims", default: 0)
      return try call.writer.add(GatherND(batchAxes: axes), [try call.input(0), try call.input(1)], "")
    },
    ONNXOperator("Scatter", since: 9) { (call) throws(Diagnostic) in try scattered(call, .none) },
    ONNXOperator("ScatterElements", since: 11) { (call) throws(Diagnostic) in try scattered(call, try call.scatterReduction()) },
    ONNXOperator("ScatterND", since: 11) { (call) throws(Diagnostic) in
      let operation = ScatterND(try call.scatterReduction())
      return try call.writer.add(operation, [try call.input(0), try call.input(1), try call.input(2)], "")
    },
    ONNXOperator("ReverseSequence", since: 10) { (call) throws(Diagnostic) in
      let (batch, time) = (try call.attributes.int("batch_axis", default: 1), try call.attributes.int("time_axis", default: 0))
      return try call.writer.add(ReverseSequence(batchAxis: batch, timeAxis: time), [try call.input(0), try call.input(1)], "")
    },
    ONNXOperator("MaxUnpool", since: 9, .floats, build: unpooled),
  ]

  private static func scattered(_ call: ONNXCall, _ reduction: ScatterReduction) throws(Diagnostic) -> ValueID {
    let axis = try call.axis(default: 0, rank: try call.type(0).rank)
    let operation = ScatterElements(axis: axis, reduction)
    return try call.writer.add(operation, [try call.input(0), try call.input(1), try call.input(2)], "")
  }

  /// Elements at the places that MaxPool has found them at, in a tensor of zeros; a larger output has more zeros behind.
  private static func unpooled(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (x, places) = (try call.input(0), try call.input(1))
    let shape = call.writer.shape(x)
    let rank = shape.count - 2
    guard rank > 0, let size = try call.attributes.optionalInts("kernel_shape"), size.count == rank else {
      throw Diagnostic("an unpool of \(call.writer.type(x))", hint: "kernel_shape has one number for each axis behind [N, C]")
    }
    let inferred = Array(shape.prefix(2)) + (try ONNXWindow(call, rank: rank, kernel: size).unpooled(Array(shape.dropFirst(2)), size))
    let zero = call.writer.constant(Tensor(call.writer.dtype(x), [], [0]), "zero")
    let zeros = try call.writer.add(Expand([inferred.elementCount]), [zero], "zeros")
    let flat = [zeros, try call.writer.flat(places, "places"), try call.writer.flat(x, "elements")]
    let filled = try call.writer.reshape(try call.writer.add(ScatterElements(axis: 0), flat, "scattered"), inferred, "unpooled")
    guard call.has(2) else { return filled }
    let wanted = try call.knownOrDeclared(2, "the shape of the output")
    let more = zip(wanted, inferred).map { ($0 - $1).constant ?? -1 }
    guard wanted.count == inferred.count, more.allSatisfy({ $0 >= 0 }) else {
      throw Diagnostic("\(call.writer.type(x)) is unpooled to \(wanted)", hint: "no extent may be less than in \(inferred)")
    }
    return try call.writer.add(Pad(before: more.map { _ in 0 }, after: more), [filled], "")
  }
}

extension ONNXCall {
  fileprivate func scatterReduction() throws(Diagnostic) -> ScatterReduction {
    let known = ScatterReduction.allCases.map(\.rawValue)
    return ScatterReduction(rawValue: try attributes.choice("reduction", of: known, default: "none")) ?? .none
  }

  /// Extents that an input holds, or where it is computed those that the file says of the output.
  func knownOrDeclared(_ position: Int, _ name: String) throws(Diagnostic) -> Shape {
    if let tensor = try constant(position) { return Shape(tensor.integers.map { ONNXAttributes.bounded($0) }) }
    return try declaredExtents("\(name), input \(position)")
  }

  /// The extents of the output where only the file says them.
  func declaredExtents(_ name: String) throws(Diagnostic) -> Shape {
    let declared = declaredShape()?.compactMap { $0 } ?? []
    guard declared.count == declaredShape()?.count else {
      throw Diagnostic(
        "\(name), is computed when the model runs", hint: "it has to be a constant, or the model to say the shape of the output")
    }
    return Shape(declared)
  }
}
