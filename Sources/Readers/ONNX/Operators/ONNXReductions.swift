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
    let rank = call.writer.rank(x)
    let (isExclusive, isReversed) = (try call.attributes.flag("exclusive"), try call.attributes.flag("reverse"))
    let along = { (axis: Int, label: String) throws(Diagnostic) in
      try call.writer.add(Cumulative(function, axis: axis, isExclusive: isExclusive, isReversed: isReversed), [x], label)
    }
    let axis = try call.input(1)
    if let known = try call.constant(1)?.integers.first { return try along(try normalisedAxis(Int(clamping: known), rank: rank), "") }
    // An axis that a run names: one result for each that it may be.
    var result = try along(0, rank == 1 ? "" : "along0")
    let number = try call.writer.reshape(axis, [], "axis")
    for other in (0..<rank).dropFirst() {
      let isNamed = try [other, other - rank].map { (place) throws(Diagnostic) in
        try call.writer.binary("equal", number, Double(place), "is\(place)")
      }
      let condition = try call.writer.binary("logical_or", isNamed[0], isNamed[1], "names\(other)")
      let found = try along(other, "along\(other)")
      result = try call.writer.apply(
        "where", [.value(condition), .value(found), .value(result)], other == rank - 1 ? "" : "chosen\(other)")
    }
    return result
  }

  private static func topK(_ call: ONNXCall) throws(Diagnostic) -> [ONNXValue] {
    call.attributes.ignore("sorted")
    let x = try call.input()
    let axis = try call.axis(default: -1, rank: call.writer.rank(x))
    let isLargest = try call.attributes.flag("largest", default: true)
    let k = try call.optional(1)
    let known = try k == nil ? call.attributes.optionalInt("k") : call.constant(1)?.integers.first.map { Int(clamping: $0) }
    let found = { (count: Int) throws(Diagnostic) in
      try call.writer.outputs(TopK(count, axis: axis, isLargest: isLargest, dtype: .int64), [x], known == nil ? "best" : "")
    }
    if let known { return try found(known).map { .tensor($0) } }
    guard let k else { throw Diagnostic("k is missing") }
    // So many that no run asks for more; a run takes the first of them.
    guard let most = (call.declaredShape()?[axis]).flatMap({ $0 }) ?? call.writer.shape(x)[axis].constant else {
      throw Diagnostic("k is computed when the model runs, and axis \(axis) of \(call.writer.type(x)) open", hint: "settle it with --dim")
    }
    let count = try call.counted(k, upTo: Dim(most), "k")
    return try found(most).map { (id) throws(Diagnostic) in
      var shape = call.writer.shape(id)
      shape[axis] = count
      return .tensor(try call.writer.add(Prefix(shape), [id], "kept"))
    }
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
