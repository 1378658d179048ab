import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Operators that find out when they run how much they keep.
  static let selection: [ONNXOperator] = [
    ONNXOperator("NonMaxSuppression", since: 10, .floats, build: suppressed),
    ONNXOperator("Unique", since: 11, values: unique),
    ONNXOperator("NonZero", since: 9) { (call) throws(Diagnostic) in
      let x = try call.input()
      return try call.writer.nonZero(call.writer.rank(x) == 0 ? try call.writer.reshape(x, [1], "vector") : x, "")
    },
    ONNXOperator("Compress", since: 9) { (call) throws(Diagnostic) in
      let (x, condition) = (try call.input(), try call.input(1))
      guard call.attributes.has("axis") else {
        return try call.writer.compress(try call.writer.flat(x, "flat"), by: condition, axis: 0, "")
      }
      return try call.writer.compress(x, by: condition, axis: try call.axis(default: 0, rank: call.writer.rank(x)), "")
    },
  ]

  private static func suppressed(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    // Without a limit nothing is kept.
    let none = call.writer.constant(Tensor(.int64, [1], integers: [0]), "limit")
    let limit = try call.given(2) ?? none
    let most = call.writer.graph.constants[limit]?.integers.first.map { ONNXAttributes.bounded(max($0, 1)) } ?? 0
    let isCentred = try call.attributes.int("center_point_box", default: 0) != 0
    let operation = NonMaxSuppression(isCentred: isCentred, most: min(most, Int(Int32.max)))
    let inputs = [try call.input(0), try call.input(1), limit, try call.given(3), try call.given(4)]
    let found = try call.writer.outputs(operation, inputs, "rows")
    let count = try call.counted(found[1], upTo: call.writer.shape(found[0])[0], "selected")
    return try call.writer.add(Prefix([count, 3]), [found[0]], "")
  }

  private static func unique(_ call: ONNXCall) throws(Diagnostic) -> [ONNXValue] {
    let x = try call.input()
    let rank = call.writer.rank(x)
    let operation = Unique(isSorted: try call.attributes.flag("sorted", default: true))
    guard let given = try call.attributes.optionalInt("axis") else {
      return try call.parts(operation, try call.writer.flat(x, "flat")) { $0 }
    }
    let axis = try normalisedAxis(given, rank: rank)
    let others = (0..<rank).filter { $0 != axis }
    let moved = try call.writer.transpose(x, [axis] + others, "moved")
    return try call.parts(operation, moved) { (parts) throws(Diagnostic) in
      try call.writer.transpose(parts, (0..<rank).map { $0 == axis ? 0 : $0 < axis ? $0 + 1 : $0 }, "")
    }
  }
}

extension ONNXCall {
  /// An optional input that has elements: older exporters write empty ones.
  fileprivate func given(_ position: Int) throws(Diagnostic) -> ValueID? {
    try optional(position).flatMap { writer.shape($0).elementCount == 0 ? nil : $0 }
  }

  /// An extent that is computed when the model runs, of at most `most`.
  func counted(_ count: ValueID, upTo most: Dim, _ label: String) throws(Diagnostic) -> Dim {
    if let known = writer.graph.constants[count]?.integers.first { return Dim(ONNXAttributes.bounded(known)) }
    return try writer.computedDim(label, 0...(try writer.most(most)), from: count)
  }

  /// The outputs of Unique: parts in the order that `restored` gives them, first places, the place of each, and counts.
  fileprivate func parts(
    _ operation: Unique, _ x: ValueID, _ restored: (ValueID) throws(Diagnostic) -> ValueID
  ) throws(Diagnostic) -> [ONNXValue] {
    let found = try writer.outputs(operation, [x], "parts")
    let rows = writer.shape(x)[0]
    let count = try counted(found[4], upTo: rows, "different")
    let parts = try writer.add(Prefix([count] + writer.shape(x).dropFirst()), [found[0]], "kept")
    let firsts = try writer.add(Prefix([count]), [found[1]], "firsts")
    let counts = try writer.add(Prefix([count]), [found[3]], "counts")
    return [.tensor(try restored(parts)), .tensor(firsts), .tensor(found[2]), .tensor(counts)]
  }
}
