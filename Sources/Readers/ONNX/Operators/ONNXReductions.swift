import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// One number from many, and sums along the way.
  static let reductions: [ONNXOperator] = [
    reduction("ReduceSum", .numbers, .sum), reduction("ReduceMean", .numbers, .mean), reduction("ReduceProd", .numbers, .prod),
    reduction("ReduceL1", .numbers, .l1), reduction("ReduceL2", .numbers, .l2), reduction("ReduceLogSumExp", .numbers, .logSumExp),
    reduction("ReduceMax", .all, .max), reduction("ReduceMin", .all, .min),
    ONNXOperator("ReduceSumSquare", .numbers) { (call) throws(Diagnostic) in
      try call.reduced(.sum, try call.writer.unary("square", try call.input(), [:], "square"))
    },
    ONNXOperator("ReduceLogSum", .numbers) { (call) throws(Diagnostic) in
      let x = try call.input()
      let sum = try call.writer.floating(try call.reduced(.sum, x, "sum"))
      return try call.writer.cast(try call.writer.unary("log", sum, [:], ""), to: call.writer.dtype(x), "cast")
    },
    ONNXOperator("ArgMax", .numbers) { (call) throws(Diagnostic) in try extreme(call, .max) },
    ONNXOperator("ArgMin", .numbers) { (call) throws(Diagnostic) in try extreme(call, .min) },
    ONNXOperator("CumSum", since: 11, .numbers) { (call) throws(Diagnostic) in try cumulative(call, .sum) },
    ONNXOperator("CumProd", since: 26, .numbers) { (call) throws(Diagnostic) in try cumulative(call, .prod) },
    ONNXOperator("TopK", .numbers, values: topK),
  ]

  private static func reduction(_ name: String, _ types: ONNXTypes, _ function: Reduce.Function) -> ONNXOperator {
    ONNXOperator(name, types) { (call) throws(Diagnostic) in try call.reduced(function, try call.input()) }
  }

  private static func extreme(_ call: ONNXCall, _ function: ArgReduce.Function) throws(Diagnostic) -> ValueID {
    let x = try call.input()
    let axis = try call.axis(default: 0, rank: call.writer.rank(x))
    let keepDims = try call.attributes.flag("keepdims", default: true)
    let takesLast = try call.attributes.flag("select_last_index")
    return try call.writer.add(ArgReduce(function, axis: axis, keepDims: keepDims, dtype: .int64, takesLast: takesLast), [x], "")
  }

  private static func cumulative(_ call: ONNXCall, _ function: Cumulative.Function) throws(Diagnostic) -> ValueID {
    let x = try call.input()
    let (isExclusive, isReversed) = (try call.attributes.flag("exclusive"), try call.attributes.flag("reverse"))
    func along(_ axis: Int, _ label: String) throws(Diagnostic) -> ValueID {
      try call.writer.add(Cumulative(function, axis: axis, isExclusive: isExclusive, isReversed: isReversed), [x], label)
    }
    let rank = call.writer.rank(x)
    if try call.isComputed(1) { return try call.chosen(axis: 1, rank: rank, along) }
    guard let axis = try call.knownInts(1, "the axis")?.first else { throw Diagnostic("the axis is missing") }
    return try along(try normalisedAxis(axis, rank: rank), "")
  }

  private static func topK(_ call: ONNXCall) throws(Diagnostic) -> [ONNXValue] {
    call.attributes.ignore("sorted")
    let x = try call.input()
    let axis = try call.axis(default: -1, rank: call.writer.rank(x))
    var op = TopK(1, axis: axis, isLargest: try call.attributes.flag("largest", default: true), dtype: .int64)
    if try call.isComputed(1) {
      let (count, limit) = (try call.integers(1, "k"), call.writer.shape(x)[axis])
      op.openCount = [try call.computedExtent(count.vector, 0, axis: axis, within: limit)]
    } else {
      let (given, attribute) = (try call.knownInts(1, "k")?.first, try call.attributes.optionalInt("k"))
      guard let count = given ?? attribute else { throw Diagnostic("k is missing") }
      op.count = count
    }
    return try call.writer.outputs(op, [x], "").map { .tensor($0) }
  }
}

extension ONNXCall {
  /// The input reduced along the axes that attribute or input name.
  fileprivate func reduced(_ function: Reduce.Function, _ x: ValueID, _ label: String = "") throws(Diagnostic) -> ValueID {
    let (dtype, axes) = (writer.dtype(x), try ONNXReducedAxes(self, of: x))
    if dtype == .bool, function == .max || function == .min { return try axes.reduce(function == .max ? .any : .all, x, label) }
    if function.accepts(dtype) { return try axes.reduce(function, x, label) }
    let wide = try axes.reduce(function, try writer.cast(x, to: .float64, "wide"), "reduced")
    return try writer.cast(wide, to: dtype, label)
  }

  /// What `along` gives for the axis that input `position` names when the model runs; it is computed along all.
  fileprivate func chosen(
    axis position: Int, rank: Int, _ along: (Int, String) throws(Diagnostic) -> ValueID
  ) throws(Diagnostic) -> ValueID {
    let named = try writer.reshape(try writer.fromFront(try input(position), rank, "axis"), [], "axis")
    guard rank > 0 else { throw Diagnostic("a scalar has no axis", hint: "export the model with axes") }
    var result = try along(0, rank == 1 ? "" : "along0")
    for axis in 1..<max(rank, 1) {
      let isMeant = try writer.binary("equal", named, Double(axis), "is\(axis)")
      let other = try along(axis, "along\(axis)")
      result = try writer.apply("where", [.value(isMeant), .value(other), .value(result)], axis == rank - 1 ? "" : "up_to\(axis)")
    }
    return result
  }
}
