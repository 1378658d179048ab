import Containers
import GraphIR
import Operators
import Tensors

/// Multi-head and grouped-query attention: projections into heads, scores of every query against every key, values weighted by their
/// softmax, projection back.
struct MultiHead {
  private let call: KerasLayerCall
  private let query: KerasTensor
  private let value: KerasTensor
  private let key: KerasTensor
  private let isGrouped: Bool
  private let heads: Int
  private let keyHeads: Int
  private let keyDim: Int
  private let valueDim: Int
  private let hasBias: Bool

  init(_ call: KerasLayerCall) throws(Diagnostic) {
    self.call = call
    query = try call.input()
    guard let value = call.tensor(1, "value") ?? call.inputs[safe: 1] else { throw Diagnostic("the layer gets no value") }
    self.value = value
    key = call.tensor(2, "key") ?? value
    isGrouped = call.spec.className != "MultiHeadAttention"
    heads = try call.config.sizes(isGrouped ? "num_query_heads" : "num_heads", rank: 1)[0]
    keyHeads = isGrouped ? try call.config.sizes("num_key_value_heads", rank: 1)[0] : heads
    keyDim = try call.config.sizes(isGrouped ? "head_dim" : "key_dim", rank: 1)[0]
    valueDim = try call.config.sizes("value_dim", rank: 1, default: keyDim)[0]
    hasBias = try call.config.bool("use_bias", default: true)
    call.config.accept(
      "query_shape", "key_shape", "value_shape", "flash_attention", "sliding_window", "attention_axes", "use_gate", "output_shape",
      "softmax_robust_masking")
    guard heads % keyHeads == 0 else {
      throw Diagnostic("\(heads) query heads for \(keyHeads) key heads", hint: "the first is a multiple of the second")
    }
  }

  func run() throws(Diagnostic) -> [KerasTensor] {
    let writer = call.writer
    let q = try projected(query, "query", heads, keyDim)
    let k = try projected(key, "key", keyHeads, keyDim)
    let v = try projected(value, "value", keyHeads, valueDim)
    let attended = try attendedAxes(rank: writer.rank(query.id))
    let left = try flattened(q, attended, "query")
    let right = try flattened(try repeated(k, "key"), attended, "key")
    let values = try flattened(try repeated(v, "value"), attended, "value")
    let scaled = try writer.binary("multiply", left.id, 1 / Double(keyDim).squareRoot(), "query/scaled")
    var scores = try writer.matmul(scaled, right.id, transposeB: true, "scores")
    if let mask = try mask(scores, axes: attended.count) {
      scores = try writer.apply("where", [.value(mask), .value(scores), .number(-2.3819763e38)], "visible")
    }
    let weights = try writer.softmax(scores, axes: [-1], "weights")
    var heads = try unflattened(try writer.matmul(weights, values.id, "attended"), left.shape, "heads")
    if try call.config.json.bool("use_gate", default: false) {
      heads = try writer.binary(
        "multiply", heads, try writer.unary("sigmoid", try projected(query, "gate", self.heads, keyDim), [:], "gate/sigmoid"), "gated")
    }
    let output = KerasTensor(try combined(heads), mask: query.mask)
    guard try call.flag("return_attention_scores") else { return [output] }
    return [output, KerasTensor(try unmergedScores(weights, left.shape, right.shape, attended.count))]
  }

  /// A dense layer from the last axis into heads: `[…, D] → […, heads, size]`.
  private func projected(_ x: KerasTensor, _ name: String, _ heads: Int, _ size: Int) throws(Diagnostic) -> ValueID {
    let width = try call.channels(x)
    let weights = call.weights.child(["\(name)_dense", "_\(name)_dense"], names: [name])
    let kernel = try weights.next("kernel", [width, heads, size]).reshaped([width, heads * size])
    var result = try call.writer.matmul(x.id, call.builder.constant(kernel, weights.path, "kernel"), "\(name)/matmul")
    if hasBias {
      let bias = try weights.next("bias", [heads, size]).reshaped([heads * size])
      result = try call.writer.binary("add", result, call.builder.constant(bias, weights.path, "bias"), "\(name)/bias")
    }
    return try call.writer.reshape(result, Array(call.shape(x).dropLast()) + [Dim(heads), Dim(size)], "\(name)/heads")
  }

  /// Keys and values for every query head.
  private func repeated(_ x: ValueID, _ name: String) throws(Diagnostic) -> ValueID {
    heads == keyHeads ? x : try call.writer.add(Repeat(heads / keyHeads, axis: -2), [x], "\(name)/repeated")
  }

  /// The axes that attend to each other, which are all between batch and features unless the layer says otherwise.
  private func attendedAxes(rank: Int) throws(Diagnostic) -> [Int] {
    guard let given = call.config.json.optional("attention_axes") else { return Array(1..<rank - 1) }
    return try given.intList().map { (axis) throws(Diagnostic) in try normalisedAxis(axis, rank: rank) }.sorted()
  }

  /// `[batch, others…, heads, attended, size]` of a tensor `[batch, axes…, heads, size]`, and what it takes to go back.
  private func flattened(_ x: ValueID, _ attended: [Int], _ name: String) throws(Diagnostic) -> (id: ValueID, shape: HeadShape) {
    let rank = call.writer.rank(x)
    let others = (0..<rank - 2).filter { !attended.contains($0) }
    let order = others + [rank - 2] + attended + [rank - 1]
    let moved = try call.writer.transpose(x, order, "\(name)/heads_first")
    let shape = call.writer.shape(moved)
    let extents = Array(shape[(others.count + 1)..<(rank - 1)])
    let merged = Array(shape.prefix(others.count + 1)) + [extents.elementCount, shape[rank - 1]]
    return (
      try call.writer.reshape(moved, merged, "\(name)/merged"),
      HeadShape(order: order, leading: Array(shape.prefix(others.count + 1)), attended: extents)
    )
  }

  private func unflattened(_ x: ValueID, _ shape: HeadShape, _ label: String) throws(Diagnostic) -> ValueID {
    guard let size = call.writer.shape(x).last else { return x }
    let parted = try call.writer.reshape(x, shape.leading + shape.attended + [size], "\(label)/parted")
    return try call.writer.transpose(parted, call.writer.inverse(of: shape.order), label)
  }

  private func unmergedScores(_ weights: ValueID, _ query: HeadShape, _ key: HeadShape, _ axes: Int) throws(Diagnostic) -> ValueID {
    axes == 1 ? weights : try call.writer.reshape(weights, query.leading + query.attended + key.attended, "scores/parted")
  }

  /// From heads back to features.
  private func combined(_ x: ValueID) throws(Diagnostic) -> ValueID {
    let shape = call.writer.shape(x)
    let flat = try call.writer.reshape(x, Array(shape.dropLast(2)) + [Dim(heads * valueDim)], "output/merged")
    var target = [try call.channels(query)]
    if let given = call.config.json.optional("output_shape") { target = try given.intList() }
    let width = target.reduce(1, *)
    guard target.allSatisfy({ $0 > 0 && $0 < 1 << 20 }), width > 0 else { throw Diagnostic("output_shape is \(target)") }
    let weights = call.weights.child(["output_dense", "_output_dense"], names: ["attention_output"])
    let kernel = try weights.next("kernel", [heads, valueDim] + target).reshaped([heads * valueDim, width])
    var result = try call.writer.matmul(flat, call.builder.constant(kernel, weights.path, "kernel"), "output/matmul")
    if hasBias {
      let bias = try weights.next("bias", target).reshaped([width])
      result = try call.writer.binary("add", result, call.builder.constant(bias, weights.path, "bias"), "output/bias")
    }
    return try call.writer.reshape(result, Array(shape.dropLast(2)) + Shape(target), "output")
  }

  /// What of queries, values and keys is masked, what the caller masks, and what causality hides; broadcasts to the scores.
  private func mask(_ scores: ValueID, axes: Int) throws(Diagnostic) -> ValueID? {
    let writer = call.writer
    var masks: [ValueID] = []
    if let mask = call.tensor(nil, "query_mask")?.id ?? query.mask { masks.append(try writer.expandDims(mask, -1, "query_mask")) }
    if let mask = call.tensor(nil, "value_mask")?.id ?? value.mask { masks.append(try writer.expandDims(mask, -2, "value_mask")) }
    if let mask = call.tensor(nil, "key_mask")?.id ?? (call.tensor(2, "key") == nil ? nil : key.mask) {
      masks.append(try writer.expandDims(mask, -2, "key_mask"))
    }
    let window = try call.config.json.optional("sliding_window").map { (value) throws(Diagnostic) in try value.boundedInt() }
    let isCausal = try call.flag("use_causal_mask")
    if isCausal || window != nil { masks.append(try writer.causalMask(like: scores, isCausal: isCausal, window: window)) }
    if let given = call.tensor(nil, "attention_mask")?.id { masks.append(try writer.cast(given, to: .bool, "attention_mask")) }
    guard var result = masks.first else { return nil }
    for next in masks.dropFirst() { result = try writer.binary("logical_and", result, next, "mask") }
    return writer.rank(result) == writer.rank(scores) ? result : try writer.expandDims(result, -3, "mask/heads")
  }
}

/// How heads were brought into one axis of positions.
struct HeadShape {
  var order: [Int]
  var leading: Shape
  var attended: Shape
}
