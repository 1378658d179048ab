import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Convolutions and pools. ONNX has channels first, our operators last: transposes around them cancel between layers.
  static let windows: [ONNXOperator] = [
    ONNXOperator("Conv", .floats) { (call) throws(Diagnostic) in try call.convolution(try call.input(0), "") },
    ONNXOperator("FusedConv", domain: "com.microsoft", .floats, build: fusedConvolution),
    ONNXOperator("ConvTranspose", .floats, build: transposed),
    ONNXOperator("MaxPool", .numbers, values: maxPool),
    ONNXOperator("AveragePool", .floats) { (call) throws(Diagnostic) in try pool(call, try call.input(), .average) },
    ONNXOperator("GlobalAveragePool", .floats) { (call) throws(Diagnostic) in try global(call, .mean) },
    ONNXOperator("GlobalMaxPool", .floats) { (call) throws(Diagnostic) in try global(call, .max) },
  ]

  private static func fusedConvolution(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    var result = try call.convolution(try call.input(0), "convolution")
    if let residual = try call.optional(3) { result = try call.writer.binary("add", result, residual, "residual") }
    return try call.activated(result, try call.attributes.floats("activation_params"))
  }

  private static func transposed(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (x, weights) = (try call.input(0), try call.input(1))
    let rank = call.writer.rank(x) - 2
    let frame = try ONNXWindow(call, rank: rank, kernel: try call.kernel(weights, rank))
    let groups = try call.attributes.int("group", default: 1)
    let outputPadding = try call.attributes.optionalInts("output_padding") ?? [Int](repeating: 0, count: rank)
    let wanted = try call.attributes.optionalInts("output_shape")
    let (window, padding) = try frame.transposed(call.writer.shape(x), wanted: wanted, outputPadding)
    // [C, K / groups, taps…]: taps first, channels of a group, then all outputs.
    let (shape, count) = (call.writer.shape(weights), Dim(max(groups, 1)))
    guard let perGroup = shape[0].exactQuotient(by: count) else { throw Diagnostic("\(shape[0]) channels in \(groups) groups") }
    let parted = try call.writer.reshape(weights, [count, perGroup, shape[1]] + shape.dropFirst(2), "groups")
    let moved = try call.writer.transpose(parted, Array(3..<3 + rank) + [1, 0, 2], "kernel")
    let kernel = try call.writer.reshape(moved, Array(shape.dropFirst(2)) + [perGroup, count * shape[1]], "kernel_joined")
    let operation = ConvolutionTranspose(window, outputPadding: padding, groups: groups)
    return try call.channelsLast(x) { (x) throws(Diagnostic) in
      try call.writer.add(operation, [x, kernel, try call.optional(2)], "convolution")
    }
  }

  static func pool(_ call: ONNXCall, _ x: ValueID, _ kind: PoolKind) throws(Diagnostic) -> ValueID {
    let rank = call.writer.rank(x) - 2
    guard rank > 0, let size = try call.attributes.optionalInts("kernel_shape"), size.count == rank else {
      throw Diagnostic("a pool over \(call.writer.type(x))", hint: "kernel_shape has one number for each axis behind [N, C]")
    }
    let frame = try ONNXWindow(call, rank: rank, kernel: size)
    let counts = try call.attributes.flag("count_include_pad")
    let window = try frame.pooled(call.writer.shape(x))
    return try call.channelsLast(x) { (x) throws(Diagnostic) in
      try call.writer.add(Pool(kind, size: size, window, countsPadding: counts), [x], "pool")
    }
  }

  private static func global(_ call: ONNXCall, _ function: Reduce.Function) throws(Diagnostic) -> ValueID {
    let x = try call.input()
    return try call.writer.reduce(function, x, axes: Array(2..<max(call.writer.rank(x), 3)), keepDims: true, "")
  }
}

extension ONNXCall {
  /// What `body` makes of `x` with its channels last, with channels first again.
  func channelsLast(_ x: ValueID, _ body: (ValueID) throws(Diagnostic) -> ValueID) throws(Diagnostic) -> ValueID {
    let rank = writer.rank(x)
    guard rank > 2 else { throw Diagnostic("\(writer.type(x))", hint: "the operator takes [N, C, …] with one spatial axis at least") }
    let moved = try writer.transpose(x, [0] + Array(2..<rank) + [1], "channels_last")
    return try writer.transpose(try body(moved), [0, rank - 1] + Array(1..<rank - 1), "")
  }

  /// The taps of weights `[…, …, taps…]`.
  fileprivate func kernel(_ weights: ValueID, _ rank: Int) throws(Diagnostic) -> [Int] {
    guard rank > 0, writer.rank(weights) == rank + 2, let taps = writer.shape(weights).dropFirst(2).map({ $0 }).constants else {
      throw Diagnostic("the weights are \(writer.type(weights))", hint: "they are [outputs, channels, taps…], of known extents")
    }
    return taps
  }

  /// A convolution with the weights and the bias that inputs 1 and 2 are.
  func convolution(_ x: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    try convolution(x, try input(1), try optional(2), label)
  }

  /// A convolution with weights `[K, C / groups, taps…]`; of integers in int32 where it `widens`.
  func convolution(
    _ x: ValueID, _ weights: ValueID, _ bias: ValueID?, widens: Bool = false, _ label: String
  ) throws(Diagnostic) -> ValueID {
    let rank = writer.rank(x) - 2
    let window = try ONNXWindow(self, rank: rank, kernel: try kernel(weights, rank)).sliding(writer.shape(x))
    let groups = try attributes.int("group", default: 1)
    let shape = writer.shape(weights)
    let taps = Array(2..<rank + 2)
    // One input channel for each group: depthwise.
    if groups > 1, shape[1] == 1, let multiplier = shape[0].exactQuotient(by: Dim(groups)), writer.shape(x)[1] == Dim(groups) {
      let parted = try writer.reshape(weights, [Dim(groups), multiplier] + shape.dropFirst(2), "kernel_parted")
      let kernel = try writer.transpose(parted, taps + [0, 1], "kernel")
      return try channelsLast(x) { (x) throws(Diagnostic) in
        try writer.add(DepthwiseConvolution(window, widens: widens), [x, kernel, bias], "convolution")
      }
    }
    let kernel = try writer.transpose(weights, taps + [1, 0], "kernel")
    return try channelsLast(x) { (x) throws(Diagnostic) in
      try writer.add(Convolution(window, groups: groups, widens: widens), [x, kernel, bias], "convolution")
    }
  }
}
