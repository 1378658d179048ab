import GraphIR
import Operators
import Tensors

/// One node of the standard's `Attention`.
struct ONNXAttention {
  private let call: ONNXCall
  /// `[N, heads, length, size]`; keys and values with those of the past.
  private let query: ValueID
  private let key: ValueID
  private let value: ValueID
  /// How many keys are of the past.
  private let past: Dim
  /// The inputs hold the heads side by side in their last axis.
  private let isJoined: Bool

  init(_ call: ONNXCall) throws(Diagnostic) {
    self.call = call
    let given = try (0..<3).map { (position) throws(Diagnostic) in try call.input(position) }
    let ranks = given.map { call.writer.rank($0) }
    guard ranks == [3, 3, 3] || ranks == [4, 4, 4] else {
      throw Diagnostic("queries, keys and values of the ranks \(ranks)", hint: "all have three axes, or all four")
    }
    isJoined = ranks[0] == 3
    let counts = [try call.attributes.optionalInt("q_num_heads"), try call.attributes.optionalInt("kv_num_heads")]
    query = try Self.heads(call, given[0], counts[0], "query")
    let (key, value) = (try Self.heads(call, given[1], counts[1], "key"), try Self.heads(call, given[2], counts[1], "value"))
    (self.key, past) = try Self.behindPast(call, key, 4)
    (self.value, _) = try Self.behindPast(call, value, 5)
    guard call.has(4) == call.has(5), !(call.has(4) && call.has(6)) else {
      throw Diagnostic(
        "past keys and past values do not come together, or come with nonpad_kv_seqlen", hint: "a cache lies inside the node or outside")
    }
  }

  private static func heads(_ call: ONNXCall, _ x: ValueID, _ count: Int?, _ label: String) throws(Diagnostic) -> ValueID {
    if call.writer.rank(x) == 3 { return try call.writer.headsParted(x, count ?? 0, label) }
    guard count == nil || call.writer.shape(x)[1] == Dim(count ?? 0) else {
      throw Diagnostic("\(call.writer.type(x)) with \(count ?? 0) heads", hint: "axis 1 holds the heads")
    }
    return x
  }

  private static func behindPast(_ call: ONNXCall, _ x: ValueID, _ position: Int) throws(Diagnostic) -> (ValueID, Dim) {
    guard let past = try call.optional(position) else { return (x, 0) }
    guard call.writer.rank(past) == 4 else {
      throw Diagnostic("the past is \(call.writer.type(past))", hint: "it is [batch, heads, length, size]")
    }
    return (try call.writer.concatenate([past, x], axis: 2, position == 4 ? "keys" : "values"), call.writer.shape(past)[2])
  }

  private var writer: GraphWriter { call.writer }
  private var dtype: DType { writer.dtype(query) }
  private var queries: Dim { writer.shape(query)[2] }
  private var keys: Dim { writer.shape(key)[2] }

  /// The result, all keys and values, and the scores in the state that `qk_matmul_output_mode` names.
  func run() throws(Diagnostic) -> [ONNXValue] {
    let mode = try call.attributes.int("qk_matmul_output_mode", default: 0)
    let cap = try call.attributes.float("softcap", default: 0)
    guard (0...3).contains(mode), cap >= 0 else {
      throw Diagnostic("qk_matmul_output_mode \(mode), softcap \(cap)", hint: "the mode is 0 to 3, the cap not negative")
    }
    let bias = try bias()
    let scores = try writer.attentionScores(query, key, scale: try scale(), "scores")
    let capped = cap == 0 ? scores : try capped(scores, cap)
    let biased = try bias.added(to: capped, "scores_biased")
    let weights = try bias.guarded(try softmax(biased), "weights_guarded")
    let narrow = try writer.cast(weights, to: dtype, "weights_cast")
    let result = try writer.cast(try writer.attentionResult(narrow, value, "result"), to: dtype, "result_cast")
    let stages = [scores, capped, biased, narrow]
    return [isJoined ? try writer.headsJoined(result, "") : result, key, value, stages[mode]].map { .tensor($0) }
  }

  private func scale() throws(Diagnostic) -> Double {
    if let given = try call.attributes.optionalFloat("scale") {
      guard given >= 0 else { throw Diagnostic("the scale is \(given)", hint: "its root is taken: it is not negative") }
      return given
    }
    return try writer.headScale(query)
  }

  private func capped(_ scores: ValueID, _ cap: Double) throws(Diagnostic) -> ValueID {
    let bounded = try writer.unary("tanh", try writer.binary("divide", scores, cap, "scores_divided"), [:], "scores_tanh")
    return try writer.binary("multiply", bounded, cap, "scores_capped")
  }

  private func softmax(_ scores: ValueID) throws(Diagnostic) -> ValueID {
    let precision = try call.attributes.dtype("softmax_precision") ?? dtype
    guard precision.isFloat, precision.byteCount > 1 else {
      throw Diagnostic("softmax_precision is \(precision)", hint: "it is float16, bfloat16, float32 or float64")
    }
    return try writer.softmax(try writer.cast(scores, to: precision, "scores_cast"), axes: [3], "weights")
  }

  private func bias() throws(Diagnostic) -> ONNXAttentionBias {
    var bias = ONNXAttentionBias(writer, dtype)
    let (left, right) = (
      try call.attributes.int("left_window_size", default: -1), try call.attributes.int("right_window_size", default: -1)
    )
    guard min(left, right) >= -1, max(left, right) < 1 << 31 else {
      throw Diagnostic("the window is \(left) to the left, \(right) to the right", hint: "-1 leaves a side unbounded")
    }
    if let mask = try call.optional(3) { try bias.add(mask: try padded(mask)) }
    let lengths = try lengths()
    let isCausal = try call.attributes.flag("is_causal")
    if isCausal || left >= 0 || right >= 0 {
      let places = try places(lengths)
      if isCausal { try bias.addCausal(places, keys, mayBeEmpty: lengths != nil) }
      try bias.addWindow(left: left, right: right, places, keys)
    }
    if let lengths { try bias.addLengths(lengths, keys) }
    return bias
  }

  /// How many keys of each batch are filled, `[N, 1, 1, 1]`.
  private func lengths() throws(Diagnostic) -> ValueID? {
    guard let given = try call.optional(6) else { return nil }
    guard writer.shape(given) == [writer.shape(query)[0]] else {
      throw Diagnostic("nonpad_kv_seqlen is \(writer.type(given))", hint: "it has one number for each batch")
    }
    return try writer.cast(try writer.reshape(given, [writer.shape(query)[0], 1, 1, 1], "lengths"), to: .int64, "lengths_cast")
  }

  /// Where each query stands among the keys, `[Q, 1]` or `[N, 1, Q, 1]`.
  private func places(_ lengths: ValueID?) throws(Diagnostic) -> ValueID {
    let rows = try writer.reshape(try writer.positions(queries, "queries"), [queries, 1], "queries/column")
    guard let lengths else {
      return past == 0 ? rows : try writer.binary("add", rows, try writer.extents([past], shape: [1, 1], "past"), "places")
    }
    let count = try writer.extents([queries], shape: [1, 1], "queries/count")
    return try writer.binary("add", rows, try writer.binary("subtract", lengths, count, "before"), "places")
  }

  /// Since opset 24 a mask may end early; what it does not name is not seen.
  private func padded(_ mask: ValueID) throws(Diagnostic) -> ValueID {
    guard call.opset >= 24, let last = writer.shape(mask).last, last != keys else { return mask }
    guard let extent = last.constant, let wanted = keys.constant, extent < wanted else {
      throw Diagnostic(
        "the mask is \(writer.type(mask)) for \(keys) keys", hint: "it has one place for each, or ends early by known extents")
    }
    let before = [Int](repeating: 0, count: writer.rank(mask))
    let after = before.dropLast() + [wanted - extent]
    return try writer.add(
      Pad(before: before, after: Array(after), value: writer.dtype(mask) == .bool ? 0 : -.infinity), [mask], "mask_padded")
  }
}

extension GraphWriter {
  /// `1 / √D` for queries `[N, H, Q, D]`.
  func headScale(_ query: ValueID) throws(Diagnostic) -> Double {
    guard rank(query) == 4, let size = shape(query)[3].constant, size > 0 else {
      throw Diagnostic("the queries are \(type(query))", hint: "the size of a head has to be known")
    }
    return 1 / Double(size).squareRoot()
  }
}
