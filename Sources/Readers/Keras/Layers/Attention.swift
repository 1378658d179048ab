import Containers
import GraphIR
import Operators
import Tensors

extension KerasLayers {
  static let attention: [KerasLayerClass] = [
    KerasLayerClass("Attention") { (call) throws(Diagnostic) in try plainAttention(call, isAdditive: false) },
    KerasLayerClass("AdditiveAttention") { (call) throws(Diagnostic) in try plainAttention(call, isAdditive: true) },
    KerasLayerClass("MultiHeadAttention", masks: .pass) { (call) throws(Diagnostic) in try MultiHead(call).run() },
    KerasLayerClass("GroupedQueryAttention", "GroupQueryAttention", masks: .pass) { (call) throws(Diagnostic) in try MultiHead(call).run()
    },
  ]

  /// Luong's and Bahdanau's attention over `[query, value, key]`.
  private static func plainAttention(_ call: KerasLayerCall, isAdditive: Bool) throws(Diagnostic) -> [KerasTensor] {
    let inputs = call.inputs
    guard inputs.count == 2 || inputs.count == 3 else {
      throw Diagnostic("\(inputs.count) tensors, expected are query, value and maybe key")
    }
    let (query, value) = (inputs[0].id, inputs[1].id)
    let key = inputs[safe: 2]?.id ?? value
    let isConcat = try call.config.choice("score_mode", of: ["dot", "concat"], default: "dot") == "concat"
    let hasScale = try call.config.bool("use_scale", default: isAdditive)
    let scale = hasScale ? try call.weight("scale", isAdditive ? [try call.channels(inputs[0])] : []) : nil
    let writer = call.writer
    var scores: ValueID
    if isAdditive || isConcat {
      let sum = try writer.binary("add", try writer.expandDims(query, -2, "queries"), try writer.expandDims(key, -3, "keys"), "sums")
      var terms = sum
      if !isAdditive, let scale { terms = try writer.binary("multiply", sum, scale, "scaled") }
      terms = try writer.unary("tanh", terms, [:], "tanh")
      if isAdditive, let scale { terms = try writer.binary("multiply", terms, scale, "terms") }
      scores = try writer.reduce(.sum, terms, axes: [-1], "scores")
      if !isAdditive { scores = try writer.binary("multiply", scores, try call.weight("concat_score_weight", []), "weighted") }
    } else {
      scores = try writer.matmul(query, key, transposeB: true, "scores")
      if let scale { scores = try writer.binary("multiply", scores, scale, "scaled") }
    }
    let masks = call.keywords["mask"].map { $0.elements.map(\.tensor?.id) } ?? inputs.map(\.mask)
    if let mask = try scoreMask(call, scores, masks[safe: 1] ?? nil) {
      let hidden = try writer.binary("add", scores, writer.farBelowZero(scores), "hidden")
      scores = try writer.apply("where", [.value(mask), .value(scores), .value(hidden)], "visible")
    }
    let weights = try writer.softmax(scores, axes: [-1], "weights")
    var result = try writer.matmul(weights, value, "attended")
    let queryMask = masks[safe: 0] ?? nil
    if let queryMask {
      result = try writer.apply(
        "where", [.value(try writer.expandDims(queryMask, -1, "query_mask")), .value(result), .number(0)], "output")
    }
    return [KerasTensor(result, mask: queryMask)] + (try call.flag("return_attention_scores") ? [KerasTensor(weights)] : [])
  }

  private static func scoreMask(_ call: KerasLayerCall, _ scores: ValueID, _ valueMask: ValueID?) throws(Diagnostic) -> ValueID? {
    let isCausal = try call.config.bool("causal", default: try call.flag("use_causal_mask"))
    let causal = isCausal ? try call.writer.causalMask(like: scores, window: nil) : nil
    guard let valueMask else { return causal }
    let keys = try call.writer.expandDims(valueMask, -2, "value_mask")
    guard let causal else { return keys }
    return try call.writer.binary("logical_and", keys, causal, "mask")
  }
}

extension GraphWriter {
  /// What hides a score from a softmax, as far as its type reaches.
  func farBelowZero(_ scores: ValueID) -> Double { dtype(scores) == .float16 ? -3e4 : -1e9 }

  /// `[1, T, S]`: true where a query may see a key, which is not after it and, with a window, near it.
  func causalMask(like scores: ValueID, isCausal: Bool = true, window: Int?) throws(Diagnostic) -> ValueID {
    let shape = self.shape(scores)
    guard shape.count >= 2, let queries = shape[shape.count - 2].constant, let keys = shape[shape.count - 1].constant,
      queries * keys < 1 << 26
    else {
      throw Diagnostic("a causal mask for \(type(scores))", hint: "the extents have to be known; settle them with --dim NAME=VALUE")
    }
    let flags = (0..<queries).flatMap { query in
      (0..<keys).map { key in (!isCausal || key <= query) && (window.map { abs(query - key) < $0 } ?? true) ? 1.0 : 0 }
    }
    return constant(Tensor(.bool, [1, queries, keys], flags), "causal_mask")
  }
}
