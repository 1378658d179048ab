import Containers
import GraphIR
import Operators
import Tensors

extension KerasOperations {
  /// Sums of products.
  static let products: [KerasOperation] = [
    KerasOperation("matmul") { (call) throws(Diagnostic) in
      let (a, b) = try call.pair("a", "b")
      if call.writer.rank(a) == 1 || call.writer.rank(b) == 1 { return [try call.writer.dot(a, b, "")] }
      return [
        try call.writer.matmul(a, b, transposeA: try call.flag("transpose_a"), transposeB: try call.flag("transpose_b"), "")
      ]
    },
    KerasOperation("dot") { (call) throws(Diagnostic) in
      let (a, b) = try call.pair("a", "b")
      return [try call.writer.dot(a, b, "")]
    },
    KerasOperation("inner") { (call) throws(Diagnostic) in
      let (a, b) = try call.pair("a", "b")
      return [try call.writer.tensordot(a, [-1], b, [-1], "")]
    },
    KerasOperation("tensordot") { (call) throws(Diagnostic) in [try tensordot(call)] },
    KerasOperation("einsum") { (call) throws(Diagnostic) in
      guard let equation = call.parameter("subscripts", "equation") else {
        throw Diagnostic("the equation of einsum is missing", hint: "Keras 2 does not save it; use layers such as Dot or EinsumDense")
      }
      let operands = call.call.arguments.flatMap(\.elements)
      let inputs = try operands.map { (operand) throws(Diagnostic) in try call.value(operand) }
      return [try call.writer.einsum(try equation.string(), inputs, "")]
    },
    KerasOperation("outer") { (call) throws(Diagnostic) in
      let (a, b) = try call.pair("a", "b")
      let column = try call.writer.reshape(a, [call.writer.shape(a).elementCount, 1], "column")
      return [try call.writer.binary("multiply", column, try call.writer.flat(b, "row"), "")]
    },
    KerasOperation("vdot") { (call) throws(Diagnostic) in
      let (a, b) = try call.pair("a", "b")
      return [try call.writer.dot(try call.writer.flat(a, "left"), try call.writer.flat(b, "right"), "")]
    },
    KerasOperation("cross") { (call) throws(Diagnostic) in [try cross(call)] },
  ]

  private static func tensordot(_ call: KerasOperationCall) throws(Diagnostic) -> ValueID {
    let (a, b) = try call.pair("a", "b")
    guard let axes = call.parameter("axes") else { return try call.writer.tensordot(a, [-2, -1], b, [0, 1], "") }
    let (first, second) = (axes[0], axes[1])
    guard axes.isArray, let first, let second else {
      let count = try axes.boundedInt()
      guard count >= 0, count <= call.writer.rank(a), count <= call.writer.rank(b) else {
        throw axes.problem("\(count) axes are summed over")
      }
      return try call.writer.tensordot(a, Array(call.writer.rank(a) - count..<call.writer.rank(a)), b, Array(0..<count), "")
    }
    return try call.writer.tensordot(a, try first.intList(), b, try second.intList(), "")
  }

  /// The product of vectors in space, those of two elements in the plane; of two in the plane only the third element.
  private static func cross(_ call: KerasOperationCall) throws(Diagnostic) -> ValueID {
    let (a, b) = try call.pair("a", "b")
    let writer = call.writer
    let axis = call.parameter("axis")
    let axes = try ["axisa", "axisb", "axisc"].map { (name) throws(Diagnostic) in try (axis ?? call.parameter(name))?.boundedInt() ?? -1 }
    let left = try vectors(a, axes[0], writer, "left")
    let right = try vectors(b, axes[1], writer, "right")
    let first = try writer.binary("multiply", try rolled(left, -1, writer), try rolled(right, 1, writer), "first")
    let second = try writer.binary("multiply", try rolled(left, 1, writer), try rolled(right, -1, writer), "second")
    let result = try writer.binary("subtract", first, second, "product")
    let rank = writer.rank(result)
    if [(a, axes[0]), (b, axes[1])].allSatisfy({ (id, axis) in writer.shape(id)[safe: axis < 0 ? axis + writer.rank(id) : axis] == 2 }) {
      return try writer.reshape(
        try writer.slice(result, axis: -1, from: 2, to: 3, "third"), Array(writer.shape(result).dropLast()), "")
    }
    return try writer.moved(result, rank - 1, to: try normalisedAxis(axes[2], rank: rank), "")
  }

  private static func vectors(_ x: ValueID, _ axis: Int, _ writer: GraphWriter, _ label: String) throws(Diagnostic) -> ValueID {
    let rank = writer.rank(x)
    let moved = try writer.moved(x, try normalisedAxis(axis, rank: rank), to: rank - 1, label)
    let extent = writer.shape(moved).last
    guard extent == 2 || extent == 3 else {
      throw Diagnostic("the vector product of \(writer.type(x))", hint: "vectors have 2 or 3 elements")
    }
    if extent == 3 { return moved }
    let zeros = [Int](repeating: 0, count: rank)
    return try writer.add(Pad(before: zeros, after: zeros.dropLast() + [1]), [moved], "\(label)/in_space")
  }

  private static func rolled(_ x: ValueID, _ shift: Int, _ writer: GraphWriter) throws(Diagnostic) -> ValueID {
    try writer.add(Roll([shift], axes: [-1]), [x], "rolled")
  }
}

extension KerasOperationCall {
  /// The two tensors of a product.
  func pair(_ first: String, _ second: String) throws(Diagnostic) -> (ValueID, ValueID) {
    guard let a = argument(0, "x1", first), let b = argument(1, "x2", second) else {
      throw Diagnostic("a product with \(call.arguments.count) tensors", hint: "expected are two")
    }
    return (try value(a), try value(b))
  }
}
