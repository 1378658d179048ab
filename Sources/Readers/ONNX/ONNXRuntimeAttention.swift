import GraphIR
import Operators
import Tensors

/// Attention as ONNX Runtime's optimiser writes it: as many heads of keys as of queries, and masks that lower what is hidden.
struct ONNXRuntimeAttention {
  private let call: ONNXCall
  private let heads: Int

  init(_ call: ONNXCall) throws(Diagnostic) {
    self.call = call
    heads = try call.attributes.int("num_heads", default: 0)
    guard heads > 0 else { throw Diagnostic("num_heads is \(heads)", hint: "it is a positive number") }
  }

  private var writer: GraphWriter { call.writer }

  /// `MultiHeadAttention`: the result, and all keys and values.
  func multiHead() throws(Diagnostic) -> [ONNXValue] {
    try refuse([(8, "past_sequence_length"), (9, "cache_indirection")])
    guard !call.wants(3) else { throw Diagnostic("output 3, the scores, is asked for", hint: "leave it out when you export") }
    let parts = try biased(try projections())
    guard call.has(6) == call.has(7) else { throw Diagnostic("past keys and past values do not come together") }
    let past = call.has(6) ? [try call.input(6), try call.input(7)] : []
    let (result, key, value) = try attention(parts, past: past, mask: 4, bias: 5)
    return [result, key, value].map { .tensor($0) }
  }

  /// `Attention`: the result, and all keys and values in one tensor. Queries, keys and values are products of one input.
  func selfAttention() throws(Diagnostic) -> [ONNXValue] {
    try refuse([(6, "past_sequence_length")])
    guard try !call.attributes.flag("do_rotary"), try !call.attributes.flag("past_present_share_buffer") else {
      throw Diagnostic("do_rotary or past_present_share_buffer is set", hint: "optimise the model without them")
    }
    var product = try writer.matmul(try call.input(0), try call.input(1), "projection")
    if let bias = try call.optional(2) { product = try writer.binary("add", product, bias, "projection_bias") }
    guard writer.rank(product) == 3, let width = writer.shape(product)[2].constant else {
      throw Diagnostic("the projection is \(writer.type(product))", hint: "it is [N, S, width], of a width that is known")
    }
    let sizes = try call.attributes.optionalInts("qkv_hidden_sizes") ?? [width / 3, width / 3, width / 3]
    let parts = try split(product, sizes, axis: 2, "part")
    var past: [ValueID] = []
    if let given = try call.optional(4) {
      guard writer.rank(given) == 5 else { throw Diagnostic("the past is \(writer.type(given))", hint: "it is [2, N, heads, P, size]") }
      past = try split(given, [1, 1], axis: 0, "past").map { (half) throws(Diagnostic) in
        try writer.reshape(half, Array(writer.shape(half).dropFirst()), "past/half")
      }
    }
    let (result, key, value) = try attention(parts, past: past, mask: 3, bias: 5)
    guard call.wants(1) else { return [.tensor(result)] }
    let halves = [try writer.expandDims(key, 0, "present/keys"), try writer.expandDims(value, 0, "present/values")]
    return [.tensor(result), .tensor(try writer.concatenate(halves, axis: 0, "present"))]
  }

  private func refuse(_ inputs: [(position: Int, name: String)]) throws(Diagnostic) {
    guard let found = inputs.first(where: { call.has($0.position) }) else { return }
    throw Diagnostic("\(found.name), input \(found.position), is given", hint: "caches that share a buffer are not supported")
  }

  /// Parts of the given sizes along an axis.
  private func split(_ x: ValueID, _ sizes: [Int], axis: Int, _ label: String) throws(Diagnostic) -> [ValueID] {
    guard sizes.allSatisfy({ (1..<1 << 31).contains($0) }), writer.shape(x)[axis] == Dim(sizes.reduce(0, +)) else {
      throw Diagnostic("\(writer.type(x)) is parted into \(sizes)", hint: "the parts must add up along axis \(axis)")
    }
    var (parts, start): ([ValueID], Int) = ([], 0)
    for (position, size) in sizes.enumerated() {
      parts.append(try writer.slice(x, axis: axis, from: start, to: start + size, "\(label)\(position)"))
      start += size
    }
    return parts
  }

  /// Queries, keys and values `[N, S, H · D]`, or where they are given so `[N, H, S, D]`; packed ones `[N, S, H, count, D]` are parted.
  private func projections() throws(Diagnostic) -> [ValueID] {
    let query = try call.input(0)
    if writer.rank(query) == 5 { return try unpacked(query, 3) }
    let key = try call.input(1)
    if writer.rank(key) == 5 { return [query] + (try unpacked(key, 2)) }
    return [query, key, try call.input(2)]
  }

  private func unpacked(_ x: ValueID, _ count: Int) throws(Diagnostic) -> [ValueID] {
    let shape = writer.shape(x)
    return try split(x, [Int](repeating: 1, count: count), axis: 3, "packed").map { (part) throws(Diagnostic) in
      try writer.reshape(part, [shape[0], shape[1], shape[2] * shape[4]], "unpacked")
    }
  }

  /// With the bias of the projections, input 3.
  private func biased(_ parts: [ValueID]) throws(Diagnostic) -> [ValueID] {
    guard let bias = try call.optional(3) else { return parts }
    let sizes = parts.compactMap { writer.shape($0).last?.constant }
    guard parts.allSatisfy({ writer.rank($0) == 3 }), sizes.count == 3, writer.rank(bias) == 1 else {
      throw Diagnostic("a bias for \(parts.map { writer.type($0) })", hint: "it is for inputs [N, S, width] of known widths")
    }
    return try zip(parts, try split(bias, sizes, axis: 0, "bias")).map { (pair) throws(Diagnostic) in
      try writer.binary("add", pair.0, pair.1, "projected")
    }
  }

  private func attention(
    _ parts: [ValueID], past: [ValueID], mask: Int, bias: Int
  ) throws(Diagnostic) -> (result: ValueID, key: ValueID, value: ValueID) {
    var whole = try parts.enumerated().map { (part) throws(Diagnostic) in
      writer.rank(part.element) == 4 ? part.element : try writer.headsParted(part.element, heads, "heads\(part.offset)")
    }
    var before: Dim = 0
    if past.count == 2 {
      before = writer.shape(past[0])[safe: 2] ?? 0
      for position in 0..<2 {
        whole[position + 1] = try writer.concatenate([past[position], whole[position + 1]], axis: 2, "whole\(position)")
      }
    }
    guard writer.shape(whole[0])[1] == Dim(heads) else {
      throw Diagnostic("the queries are \(writer.type(whole[0]))", hint: "there are \(heads) heads")
    }
    let given = try call.attributes.optionalFloat("scale")
    let scale = given == nil || given == 0 ? try writer.headScale(whole[0]) : given ?? 1
    guard scale > 0 else { throw Diagnostic("the scale is \(scale)", hint: "it is positive") }
    let scores = try writer.attentionScores(whole[0], whole[1], scale: scale, "scores")
    let hidden = try ONNXRuntimeMask(call, scores, before: before).bias(mask: mask, added: bias)
    let weights = try writer.softmax(try hidden.added(to: scores, "scores_biased"), axes: [3], "weights")
    return (try writer.headsJoined(try writer.attentionResult(weights, whole[2], "result"), ""), whole[1], whole[2])
  }
}

/// The masks of ONNX Runtime's attention over scores `[N, H, S, T]`.
private struct ONNXRuntimeMask {
  private let call: ONNXCall
  private let shape: Shape
  private let dtype: DType
  private let before: Dim
  /// What is added to the scores of hidden keys.
  private let filter: Double

  init(_ call: ONNXCall, _ scores: ValueID, before: Dim) throws(Diagnostic) {
    (self.call, self.before) = (call, before)
    (shape, dtype) = (call.writer.shape(scores), call.writer.dtype(scores))
    filter = try call.attributes.float("mask_filter_value", default: -10000)
  }

  private var writer: GraphWriter { call.writer }

  func bias(mask: Int, added: Int) throws(Diagnostic) -> ONNXAttentionBias {
    var bias = ONNXAttentionBias(writer, dtype)
    var numbers = try call.optional(mask).map { (mask) throws(Diagnostic) in try lowered(mask) }
    if let given = try call.optional(added) {
      numbers = try numbers.map { (other) throws(Diagnostic) in try writer.binary("add", other, given, "mask_bias") } ?? given
    }
    if let numbers { try bias.add(mask: numbers, mayHideAll: false) }
    if try call.attributes.flag("unidirectional") {
      let rows = try writer.reshape(try writer.positions(shape[2], "queries"), [shape[2], 1], "queries/column")
      let places = before == 0 ? rows : try writer.binary("add", rows, try writer.extents([before], shape: [1, 1], "past"), "places")
      try bias.addCausal(places, shape[3])
    }
    return bias
  }

  /// The filter where a mask hides a key. It tells for each key, or for each key of each query, by zeros; or names how many keys there
  /// are in each batch.
  private func lowered(_ mask: ValueID) throws(Diagnostic) -> ValueID {
    let given = writer.shape(mask)
    let seen: ValueID
    switch given {
    case [shape[0]]:
      let keys = try writer.reshape(try writer.positions(shape[3], "keys"), [1, 1, 1, shape[3]], "keys/row")
      let counts = try writer.cast(try writer.reshape(mask, [shape[0], 1, 1, 1], "counts"), to: .int64, "counts_cast")
      seen = try writer.binary("less", keys, counts, "seen")
    case [shape[0], shape[3]]:
      seen = try writer.binary("greater", try writer.reshape(mask, [shape[0], 1, 1, shape[3]], "mask"), 0, "seen")
    case [shape[0], shape[2], shape[3]]:
      seen = try writer.binary("greater", try writer.reshape(mask, [shape[0], 1, shape[2], shape[3]], "mask"), 0, "seen")
    default:
      throw Diagnostic(
        "the mask is \(writer.type(mask)) for scores \(shape)",
        hint: "known are [batch], [batch, keys] and [batch, queries, keys]; optimise the model without this kind of mask")
    }
    return try writer.cast(
      try writer.apply("where", [.value(seen), .number(0), .number(filter)], "mask_filter"), to: dtype, "mask_filter_cast")
  }
}
