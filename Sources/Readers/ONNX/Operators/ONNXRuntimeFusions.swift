import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// What ONNX Runtime's optimiser makes of several operators of the standard.
  static let runtimeFusions: [ONNXOperator] = [
    runtime("Attention") { (call) throws(Diagnostic) in try ONNXRuntimeAttention(call).selfAttention() },
    runtime("MultiHeadAttention") { (call) throws(Diagnostic) in try ONNXRuntimeAttention(call).multiHead() },
    runtime("RotaryEmbedding", build: rotation),
    runtime("SkipLayerNormalization") { (call) throws(Diagnostic) in
      try call.skipped(bias: 4) { (sum, epsilon) throws(Diagnostic) in
        let (scale, offset) = (try call.input(2), try call.optional(3))
        return try call.writer.standardise(sum, axes: [call.writer.rank(sum) - 1], epsilon: epsilon, scale: scale, offset: offset, "")
      }
    },
    runtime("SkipSimplifiedLayerNormalization") { (call) throws(Diagnostic) in
      try call.skipped(bias: 3) { (sum, epsilon) throws(Diagnostic) in
        try call.writer.rmsNormalise(sum, axes: [call.writer.rank(sum) - 1], epsilon: epsilon, scale: try call.input(2), "")
      }
    },
    // ONNX Runtime keeps this one in the standard's domain.
    ONNXOperator("SimplifiedLayerNormalization", .floats, build: simplified), runtime("SimplifiedLayerNormalization", build: simplified),
    runtime("EmbedLayerNormalization", types: .integers, embedded),
    runtime("BiasGelu") { (call) throws(Diagnostic) -> ValueID in
      try call.writer.unary("gelu", try call.writer.binary("add", try call.input(0), try call.input(1), "biased"), [:], "")
    },
    runtime("BiasSplitGelu", build: splitGelu),
    runtime("BiasAdd") { (call) throws(Diagnostic) -> ValueID in
      try call.writer.binary("add", try call.writer.binary("add", try call.input(0), try call.input(1), "biased"), try call.input(2), "")
    },
    runtime("FusedGemm") { (call) throws(Diagnostic) -> ValueID in
      let parameters = try ["activation_alpha", "activation_beta", "activation_gamma"].map { (name) throws(Diagnostic) in
        try call.attributes.optionalFloat(name)
      }
      return try call.activated(try gemm(call), parameters.compactMap { $0 })
    },
    runtime("NhwcConv") { (call) throws(Diagnostic) -> ValueID in
      let x = try call.input()
      let rank = call.writer.rank(x)
      guard rank > 2 else { throw Diagnostic("the input is \(call.writer.type(x))", hint: "it is [N, …, C]") }
      let first = try call.writer.transpose(x, [0, rank - 1] + Array(1..<rank - 1), "channels_first")
      return try call.writer.transpose(try call.convolution(first, "convolved"), [0] + Array(2..<rank) + [1], "")
    },
    runtime("GroupNorm", build: groupNorm),
  ]

  private static func runtime(_ name: String, types: ONNXTypes = .floats, _ values: @escaping ONNXOperator.Build) -> ONNXOperator {
    ONNXOperator(name, domain: "com.microsoft", types, values: values)
  }

  private static func runtime(_ name: String, build: @escaping @Sendable (ONNXCall) throws(Diagnostic) -> ValueID) -> ONNXOperator {
    ONNXOperator(name, domain: "com.microsoft", .floats, build: build)
  }

  /// The places may be one number: where the first element of each sequence stands.
  private static func rotation(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (x, writer) = (try call.input(0), call.writer)
    guard try call.attributes.float("scale", default: 1) == 1, try !call.attributes.flag("is_packed_batching"), writer.rank(x) > 2 else {
      throw Diagnostic("a rotary embedding with a scale or of packed batches", hint: "optimise the model without it")
    }
    var places = try call.input(1)
    if writer.rank(places) == 1 {
      let length = writer.shape(x)[writer.rank(x) - 2]
      let own = try writer.reshape(try writer.positions(length, "places"), [1, length], "places/row")
      places = try writer.binary("add", own, places, "places/moved")
    }
    return try ONNXRotation(call).rotated(x, cosine: try call.input(2), sine: try call.input(3), places: places)
  }

  private static func simplified(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    call.attributes.ignore("stash_type")
    let x = try call.input()
    let rank = call.writer.rank(x)
    let axes = Array(try call.axis(default: -1, rank: rank)..<rank)
    let epsilon = try call.attributes.float("epsilon", default: 1e-5)
    return try call.writer.rmsNormalise(x, axes: axes, epsilon: epsilon, scale: try call.input(1), "")
  }

  /// The sum of what words, places and segments are looked up as, normalised; how many words the mask counts; and the sum itself.
  private static func embedded(_ call: ONNXCall) throws(Diagnostic) -> [ONNXValue] {
    let (words, writer) = (try call.input(0), call.writer)
    guard writer.rank(words) == 2 else { throw Diagnostic("the words are \(writer.type(words))", hint: "they are [N, S]") }
    call.attributes.ignore("mask_index_type")
    let length = writer.shape(words)[1]
    let own = try writer.reshape(try writer.positions(length, "places"), [1, length], "places/row")
    let places = try call.optional(8) ?? own
    var sum = try writer.add(Gather(axis: 0), [try call.input(2), words], "words")
    sum = try writer.binary("add", sum, try writer.add(Gather(axis: 0), [try call.input(3), places], "places/rows"), "sum")
    if let segments = try call.optional(1) {
      let rows = try writer.add(Gather(axis: 0), [try call.input(4), segments], "segments")
      sum = try writer.binary("add", sum, rows, "sum_segments")
    }
    let epsilon = try call.attributes.float("epsilon", default: 1e-12)
    let result = try writer.standardise(sum, axes: [2], epsilon: epsilon, scale: try call.input(5), offset: try call.input(6), "")
    return [.tensor(result), .tensor(try call.wordCounts()), .tensor(sum)]
  }

  /// The first half times the gelu of the second.
  private static func splitGelu(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let writer = call.writer
    let biased = try writer.binary("add", try call.input(0), try call.input(1), "biased")
    let axis = writer.rank(biased) - 1
    guard axis >= 0, let width = writer.shape(biased)[axis].constant, width % 2 == 0 else {
      throw Diagnostic("\(writer.type(biased)) is halved", hint: "the last extent has to be even and known")
    }
    let gate = try writer.slice(biased, axis: axis, from: width / 2, to: width, "gate")
    let first = try writer.slice(biased, axis: axis, from: 0, to: width / 2, "first")
    return try writer.binary("multiply", first, try writer.unary("gelu", gate, [:], "gate_gelu"), "")
  }

  /// Channels last unless the node says otherwise.
  private static func groupNorm(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (x, writer) = (try call.input(), call.writer)
    let (shape, rank) = (writer.shape(x), writer.rank(x))
    let isLast = try call.attributes.flag("channels_last", default: true)
    let axis = isLast ? rank - 1 : 1
    guard rank > 2, let groups = try call.attributes.optionalInt("groups"), groups > 0,
      let width = shape[axis].exactQuotient(by: Dim(groups))
    else {
      throw Diagnostic("groups of \(writer.type(x))", hint: "their number divides the channels")
    }
    let parted = try writer.reshape(x, Array(shape[..<axis]) + [Dim(groups), width] + shape[(axis + 1)...], "groups")
    let epsilon = try call.attributes.float("epsilon", default: 1e-5)
    let normal = try writer.standardise(parted, axes: (1...rank).filter { $0 != axis }, epsilon: epsilon, "normalised")
    func factor(_ position: Int) throws(Diagnostic) -> ValueID {
      isLast ? try call.input(position) : try call.channels(try call.input(position), of: x)
    }
    let scaled = try writer.binary("multiply", try writer.reshape(normal, shape, "joined"), try factor(1), "scaled")
    let shifted = try writer.cast(try writer.binary("add", scaled, try factor(2), "shifted"), to: writer.dtype(x), "shifted_cast")
    return try call.attributes.flag("activation") ? try writer.unary("silu", shifted, [:], "") : shifted
  }
}

extension ONNXCall {
  /// Inputs 0 and 1 and a bias, added and normalised by `body`; the sum is output 3.
  fileprivate func skipped(
    bias: Int, _ body: (ValueID, Double) throws(Diagnostic) -> ValueID
  ) throws(Diagnostic) -> [ONNXValue] {
    guard !wants(1), !wants(2) else { throw Diagnostic("mean or deviation is asked for", hint: "they are for training only") }
    var sum = try writer.binary("add", try input(0), try input(1), "sum")
    if let bias = try optional(bias) { sum = try writer.binary("add", sum, bias, "sum_bias") }
    return [.tensor(try body(sum, try attributes.float("epsilon", default: 1e-12))), .failed, .failed, .tensor(sum)]
  }

  /// How many ones each row of the mask, input 7, has; zeros without a mask.
  fileprivate func wordCounts() throws(Diagnostic) -> ValueID {
    guard let mask = try optional(7) else {
      let zero = writer.constant(Tensor(.int32, [1], integers: [0]), "count/zero")
      return try writer.add(Expand([try type().shape[0]]), [zero], "counts")
    }
    let isWord = try writer.cast(try writer.binary("equal", mask, 1, "is_word"), to: .int32, "is_word_cast")
    return try writer.reduce(.sum, isWord, axes: [1], "counts")
  }

  /// What an activation that the node names makes of its result.
  func activated(_ x: ValueID, _ parameters: [Double]) throws(Diagnostic) -> ValueID {
    let name = try attributes.string("activation", default: "")
    switch name {
    case "": return x
    case "Relu", "Sigmoid", "Tanh": return try writer.unary(name.lowercased(), x, [:], "")
    case "LeakyRelu": return try writer.unary("leaky_relu", x, ["negative_slope": parameters.first ?? 0.01], "")
    case "Clip" where parameters.count == 2:
      return try writer.unary("clamp", x, ["min_value": parameters[0], "max_value": parameters[1]], "")
    case "HardSigmoid" where parameters.count == 2:
      return try writer.unary("hard_sigmoid", x, ["alpha": parameters[0], "beta": parameters[1]], "")
    default:
      throw Diagnostic("the fused activation \"\(printable(name, limit: 40))\"", hint: "export without ONNX Runtime's optimiser")
    }
  }
}
