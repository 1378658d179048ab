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
    guard try call.attributes.flag("select_last_index") else {
      return try call.writer.add(ArgReduce(function, axis: axis, keepDims: keepDims, dtype: .int64), [x], "")
    }
    // The last of several is the first from the other end.
    let reversed = try call.writer.reverse(x, axis: axis, "reversed")
    let found = try call.writer.add(ArgReduce(function, axis: axis, keepDims: keepDims, dtype: .int64), [reversed], "found")
    let last = try call.writer.extents([call.writer.shape(x)[axis] - 1], shape: [], "last")
    return try call.writer.binary("subtract", last, found, "")
  }

  private static func cumulative(_ call: ONNXCall, _ function: Cumulative.Function) throws(Diagnostic) -> ValueID {
    let x = try call.input()
    guard let axis = try call.knownInts(1, "the axis")?.first else { throw Diagnostic("the axis is missing") }
    let position = try normalisedAxis(axis, rank: call.writer.rank(x))
    let (isExclusive, isReversed) = (try call.attributes.flag("exclusive"), try call.attributes.flag("reverse"))
    return try call.writer.add(Cumulative(function, axis: position, isExclusive: isExclusive, isReversed: isReversed), [x], "")
  }

  private static func topK(_ call: ONNXCall) throws(Diagnostic) -> [ONNXValue] {
    call.attributes.ignore("sorted")
    let x = try call.input()
    let axis = try call.axis(default: -1, rank: call.writer.rank(x))
    let (given, attribute) = (try call.knownInts(1, "k")?.first, try call.attributes.optionalInt("k"))
    guard let count = given ?? attribute else { throw Diagnostic("k is missing") }
    let isLargest = try call.attributes.flag("largest", default: true)
    return try call.writer.outputs(TopK(count, axis: axis, isLargest: isLargest, dtype: .int64), [x], "").map { .tensor($0) }
  }
}

extension ONNXCall {
  /// The input reduced along the axes that attribute or input name.
  fileprivate func reduced(_ function: Reduce.Function, _ x: ValueID, _ label: String = "") throws(Diagnostic) -> ValueID {
    let (rank, dtype) = (writer.rank(x), writer.dtype(x))
    let given = try ints(1, orAttribute: "axes") ?? []
    let (keepDims, isNothing) = (try attributes.flag("keepdims", default: true), try attributes.flag("noop_with_empty_axes"))
    if given.isEmpty && isNothing || rank == 0 { return x }
    let axes = try given.map { (axis) throws(Diagnostic) in try normalisedAxis(axis, rank: rank) }
    if dtype == .bool, function == .max || function == .min {
      return try writer.add(Reduce(function == .max ? .any : .all, axes: axes, keepDims: keepDims), [x], label)
    }
    if function.accepts(dtype) { return try writer.add(Reduce(function, axes: axes, keepDims: keepDims), [x], label) }
    let wide = try writer.add(Reduce(function, axes: axes, keepDims: keepDims), [try writer.cast(x, to: .float64, "wide")], "reduced")
    return try writer.cast(wide, to: dtype, label)
  }
}
