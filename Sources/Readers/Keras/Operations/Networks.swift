import Containers
import GraphIR
import Operators
import Tensors

extension KerasOperations {
  /// Parts of networks.
  static let networks: [KerasOperation] = [
    KerasOperation("softmax", "softmax_v2") { (call) throws(Diagnostic) in [try softmax(call, isLogarithm: false)] },
    KerasOperation("log_softmax") { (call) throws(Diagnostic) in [try softmax(call, isLogarithm: true)] },
    KerasOperation("sparsemax") { (call) throws(Diagnostic) in
      [try call.writer.kerasSparsemax(try call.input(), axis: try call.int("axis", default: -1), "")]
    },
    KerasOperation("glu") { (call) throws(Diagnostic) in
      [try call.writer.glu(try call.input(), axis: try call.int("axis", default: -1), "")]
    },
    KerasOperation("conv", "conv1d", "conv2d", "conv3d") { (call) throws(Diagnostic) in
      [try call.channelsLast { (x) throws(Diagnostic) in try convolution(call, x) }]
    },
    KerasOperation("depthwise_conv", "depthwise_conv2d") { (call) throws(Diagnostic) in
      [try call.channelsLast { (x) throws(Diagnostic) in try depthwise(call, x, "convolution") }]
    },
    KerasOperation("separable_conv", "separable_conv2d") { (call) throws(Diagnostic) in
      guard let pointwise = call.argument(2, "pointwise_kernel", "pointwise_filter") else {
        throw Diagnostic("the second kernel is missing")
      }
      return [
        try call.channelsLast { (x) throws(Diagnostic) in
          try call.writer.add(Convolution(), [try depthwise(call, x, "depthwise"), try call.value(pointwise)], "pointwise")
        }
      ]
    },
    KerasOperation("max_pool", "max_pool1d", "max_pool2d", "max_pool3d") { (call) throws(Diagnostic) in [try pool(call, .max)] },
    KerasOperation("average_pool", "avg_pool", "avg_pool1d", "avg_pool2d", "avg_pool3d") { (call) throws(Diagnostic) in
      [try pool(call, .average)]
    },
    KerasOperation("dot_product_attention") { (call) throws(Diagnostic) in [try attention(call)] },
  ]

  private static func softmax(_ call: KerasOperationCall, isLogarithm: Bool) throws(Diagnostic) -> ValueID {
    try call.writer.softmax(try call.input(), axes: try call.ints("axis") ?? [-1], isLogarithm: isLogarithm, "")
  }

  private static func convolution(_ call: KerasOperationCall, _ x: ValueID) throws(Diagnostic) -> ValueID {
    let (kernel, taps, window) = try filter(call, x)
    guard let channels = call.writer.shape(x).last?.constant, taps[taps.count - 2] > 0, channels % taps[taps.count - 2] == 0 else {
      throw Diagnostic(
        "\(call.writer.type(x)) is convolved with \(call.writer.type(kernel))", hint: "the channels must fall into equal groups")
    }
    return try call.writer.add(Convolution(window, groups: channels / taps[taps.count - 2]), [x, kernel], "convolution")
  }

  private static func depthwise(_ call: KerasOperationCall, _ x: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    let (kernel, _, window) = try filter(call, x)
    return try call.writer.add(DepthwiseConvolution(window), [x, kernel], label)
  }

  /// The second tensor as a kernel over the spatial axes of `x`, its extents, and how it moves.
  private static func filter(
    _ call: KerasOperationCall, _ x: ValueID
  ) throws(Diagnostic) -> (kernel: ValueID, dims: [Int], window: SlidingWindow) {
    guard let argument = call.argument(1, "kernel", "filters", "filter", "depthwise_kernel") else {
      throw Diagnostic("the kernel is missing")
    }
    let kernel = try call.writer.floating(try call.value(argument), "kernel/float")
    let rank = call.writer.rank(x)
    guard let dims = call.writer.shape(kernel).constants, rank >= 3, dims.count == rank else {
      throw Diagnostic("\(call.writer.type(x)) is convolved with \(call.writer.type(kernel))", hint: "both need spatial axes and channels")
    }
    let strides = try call.spatial("strides", "stride", rank: rank - 2) ?? [Int](repeating: 1, count: rank - 2)
    let dilations = try call.spatial("dilation_rate", "dilations", rank: rank - 2) ?? [Int](repeating: 1, count: rank - 2)
    let spatial = Array(call.writer.shape(x).dropFirst().dropLast())
    let pads = try spatialPads(spatial, Array(dims.dropLast(2)), strides, dilations, try call.padding())
    return (kernel, dims, SlidingWindow(strides: strides, dilations: dilations, padsBefore: pads.before, padsAfter: pads.after))
  }

  private static func pool(_ call: KerasOperationCall, _ kind: PoolKind) throws(Diagnostic) -> ValueID {
    try call.channelsLast { (x) throws(Diagnostic) in
      let rank = call.writer.rank(x) - 2
      guard rank >= 1, let size = try call.spatial("pool_size", "ksize", rank: rank) else {
        throw Diagnostic("\(call.writer.type(x)) is pooled without spatial axes or a size")
      }
      return try call.writer.pool(x, kind, size, try call.spatial("strides", rank: rank) ?? size, try call.padding(), "pool")
    }
  }

  /// Attention of `[N, queries, heads, size]` to keys and values `[N, keys, heads, size]`, which may have fewer heads.
  private static func attention(_ call: KerasOperationCall) throws(Diagnostic) -> ValueID {
    let writer = call.writer
    guard let key = call.argument(1, "key"), let value = call.argument(2, "value"), call.parameter("attn_logits_soft_cap") == nil else {
      throw Diagnostic("attention without keys and values, or with attn_logits_soft_cap")
    }
    let inputs = [try call.value(call.argument(0, "query") ?? key), try call.value(key), try call.value(value)]
    guard inputs.allSatisfy({ writer.rank($0) == 4 }), let size = writer.shape(inputs[1])[3].constant, size > 0 else {
      throw Diagnostic(
        "attention of \(writer.type(inputs[0])) to \(writer.type(inputs[1]))", hint: "expected are [batch, steps, heads, size]")
    }
    let heads = writer.shape(inputs[0])[2]
    let moved = try inputs.map { (id) throws(Diagnostic) in try headsFirst(try writer.floating(id), heads, writer) }
    let scale = try call.argument(5, "scale")?.literal?.number() ?? 1 / Double(size).squareRoot()
    let products = try writer.matmul(moved[0], moved[1], transposeB: true, "products")
    var scores = try writer.binary("multiply", products, scale, "scores")
    if let bias = call.argument(3, "bias") { scores = try writer.binary("add", scores, try call.value(bias), "biased") }
    var masks = try call.argument(4, "mask").map { (mask) throws(Diagnostic) in [try call.value(mask)] } ?? []
    if try call.flag("is_causal") { masks.append(try writer.causalMask(like: scores, window: nil)) }
    for mask in masks {
      scores = try writer.apply("where", [.value(mask), .value(scores), .number(-0.7 * 3.38953e38)], "visible")
    }
    let attended = try writer.matmul(try writer.softmax(scores, axes: [-1], "weights"), moved[2], "attended")
    return try writer.transpose(attended, [0, 2, 1, 3], "")
  }

  /// `[N, heads, steps, size]`, each head again for as many query heads as share it.
  private static func headsFirst(_ x: ValueID, _ heads: Dim, _ writer: GraphWriter) throws(Diagnostic) -> ValueID {
    let moved = try writer.transpose(x, [0, 2, 1, 3], "heads_first")
    guard let own = writer.shape(moved)[1].constant, let all = heads.constant, own > 1, all > own else { return moved }
    return try writer.add(Repeat(all / own, axis: 1), [moved], "repeated")
  }
}

extension KerasOperationCall {
  /// What `body` makes of the first tensor with its channels last, with them where they were.
  func channelsLast(_ body: (ValueID) throws(Diagnostic) -> ValueID) throws(Diagnostic) -> ValueID {
    let x = try writer.floating(try input())
    guard try isChannelsFirst() else { return try body(x) }
    return try writer.channelsFirst(try body(try writer.channelsLast(x, "channels_last")), "")
  }

  /// Keras writes `channels_first`, TensorFlow `NCHW`.
  func isChannelsFirst() throws(Diagnostic) -> Bool {
    let written = try parameter("data_format")?.string() ?? "channels_last"
    return written == "channels_first" || written.hasPrefix("NC")
  }

  func padding() throws(Diagnostic) -> String {
    let written = try parameter("padding")?.string() ?? "valid"
    guard ["valid", "same"].contains(written.lowercased()) else {
      throw Diagnostic("padding is \"\(written)\"", hint: "known are valid and same")
    }
    return written.lowercased()
  }

  /// A size for each spatial axis; TensorFlow has the batch and the channels among them.
  func spatial(_ names: String..., rank: Int) throws(Diagnostic) -> [Int]? {
    guard let value = names.lazy.compactMap({ self.parameter($0) }).first else { return nil }
    let all = try value.intList()
    guard all.count == rank + 2 else { return try value.sizes(rank: rank) }
    let inner = Array(all.dropFirst().dropLast())
    guard inner.allSatisfy({ $0 > 0 && $0 < 1 << 24 }), all.first == 1, all.last == 1 else { throw value.wrongKind("positive sizes") }
    return inner
  }
}
