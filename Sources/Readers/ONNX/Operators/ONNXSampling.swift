import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Operators that take images at places between their elements, and windows of them apart.
  static let sampling: [ONNXOperator] = [
    ONNXOperator("GridSample", since: 16, build: gridSample), ONNXOperator("RoiAlign", since: 10, .floats, build: roiAlign),
    ONNXOperator("MaxRoiPool", .floats, build: roiPool), ONNXOperator("DeformConv", since: 19, .floats, build: deformed),
    ONNXOperator("Col2Im", since: 18, .numbers, build: folded), ONNXOperator("LpPool", .floats, build: normPool),
    ONNXOperator("GlobalLpPool", .floats, build: globalNorm),
    ONNXOperator("Det", since: 11, .floats) { (call) throws(Diagnostic) in try call.writer.add(Determinant(), [try call.input()], "") },
  ]

  private static func gridSample(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let mode = try call.attributes.choice("mode", of: ["linear", "bilinear", "nearest", "cubic", "bicubic"], default: "linear")
    let borders = GridSample.Border.allCases.map(\.rawValue)
    let border = GridSample.Border(rawValue: try call.attributes.choice("padding_mode", of: borders, default: "zeros")) ?? .zeros
    let interpolation: GridSample.Interpolation = mode == "nearest" ? .nearest : mode.hasSuffix("cubic") ? .cubic : .linear
    let operation = GridSample(interpolation, border, try call.attributes.flag("align_corners") ? .middles : .edges)
    let grid = try call.input(1)
    return try call.channelsLast(try call.input(0)) { (x) throws(Diagnostic) in try call.writer.add(operation, [x, grid], "sample") }
  }

  private static func roiAlign(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let modes = ["half_pixel", "output_half_pixel"]
    let coordinates = try call.attributes.choice(
      "coordinate_transformation_mode", of: modes, default: call.opset < 16 ? "output_half_pixel" : "half_pixel")
    let kind: RoiAlign.Kind = try call.attributes.choice("mode", of: ["avg", "max"], default: "avg") == "max" ? .max : .average
    let size = [try call.attributes.int("output_height", default: 1), try call.attributes.int("output_width", default: 1)]
    let operation = RoiAlign(
      kind, size: size, scale: try call.attributes.float("spatial_scale", default: 1),
      samples: try call.attributes.int("sampling_ratio", default: 0), isCentred: coordinates == "half_pixel")
    let (regions, images) = (try call.input(1), try call.input(2))
    return try call.channelsLast(try call.input(0)) { (x) throws(Diagnostic) in
      try call.writer.add(operation, [x, regions, images], "aligned")
    }
  }

  private static func roiPool(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let operation = RoiPool(
      size: try call.attributes.ints("pooled_shape"), scale: try call.attributes.float("spatial_scale", default: 1))
    let regions = try call.input(1)
    return try call.channelsLast(try call.input(0)) { (x) throws(Diagnostic) in try call.writer.add(operation, [x, regions], "pooled") }
  }

  private static func deformed(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (x, weights) = (try call.input(0), try call.input(1))
    let rank = call.writer.rank(x) - 2
    guard rank > 0, call.writer.rank(weights) == rank + 2, let taps = Array(call.writer.shape(weights).dropFirst(2)).constants else {
      throw Diagnostic("the weights are \(call.writer.type(weights))", hint: "they are [outputs, channels, taps…], of known extents")
    }
    let convolution = DeformableConvolution(
      try ONNXWindow(call, rank: rank, kernel: taps).sliding(call.writer.shape(x)),
      groups: try call.attributes.int("group", default: 1), offsetGroups: try call.attributes.int("offset_group", default: 1))
    let last = { (id: ValueID, label: String) throws(Diagnostic) in
      guard call.writer.rank(id) == rank + 2 else { throw Diagnostic("\(call.writer.type(id))", hint: "it has one axis for each of x") }
      return try call.writer.transpose(id, [0] + Array(2..<rank + 2) + [1], label)
    }
    let kernel = try call.writer.transpose(weights, Array(2..<rank + 2) + [1, 0], "kernel")
    let offsets = try last(try call.input(2), "offsets")
    let mask = try call.optional(4).map { (id) throws(Diagnostic) in try last(id, "mask") }
    return try call.channelsLast(x) { (x) throws(Diagnostic) in
      try call.writer.graph.addDeformableConvolution(
        convolution, x: x, weights: kernel, offsets: offsets, bias: try call.optional(3), mask: mask, name: call.writer.name("convolution"))
    }
  }

  /// `[N, C · taps, positions]` added up to images.
  private static func folded(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let x = try call.input(0)
    guard let block = try call.constant(2)?.integers.map({ ONNXAttributes.bounded($0) }) else { return try foldedByInput(call, x) }
    guard !block.isEmpty, block.allSatisfy({ (1...1 << 15).contains($0) }) else {
      throw Diagnostic("the shape of blocks is \(block)", hint: "it has a positive number for each axis of the image")
    }
    let image = try call.knownOrDeclared(1, "image_shape").suffix(block.count)
    let window = try ONNXWindow(call, rank: block.count, kernel: block).sliding([1, 1] + image)
    guard call.writer.rank(x) == 3, image.count == block.count,
      let channels = call.writer.shape(x)[1].exactQuotient(by: Dim(block.reduce(1, *)))
    else {
      throw Diagnostic("\(call.writer.type(x)) holds blocks \(block) of \(image)", hint: "[N, C · block, positions] is expected")
    }
    let positions = try image.indices.map { (axis) throws(Diagnostic) in try window.along(axis).positions(image[axis], kernel: block[axis])
    }
    let axes = image.count
    let parted = try call.writer.reshape(x, [call.writer.shape(x)[0], channels] + Shape(block) + positions, "parted")
    let order = [0] + Array(axes + 2..<2 * axes + 2) + Array(2..<axes + 2) + [1]
    let windows = try call.writer.transpose(parted, order, "windows")
    let result = try call.writer.add(Fold(size: Array(image), window), [windows], "folded")
    return try call.writer.transpose(result, [0, axes + 1] + Array(1...axes), "")
  }

  /// The same with blocks whose shape a run brings; the image is what the file says of the output.
  private static func foldedByInput(_ call: ONNXCall, _ x: ValueID) throws(Diagnostic) -> ValueID {
    guard let declared = try call.declaredExtents("block_shape, input 2").constants, declared.count > 2 else {
      throw Diagnostic("the model does not say into which image it folds", hint: "make image_shape and block_shape constants")
    }
    let size = Array(declared.dropFirst(2))
    let window = try ONNXWindow(call, rank: size.count, kernel: size.map { _ in 1 }).sliding([1, 1] + Shape(size))
    return try call.writer.add(BlockFold(channels: declared[1], size: size, window), [x, try call.input(2)], "")
  }

  /// The p-norm of windows.
  private static func normPool(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let x = try call.input()
    let (size, window) = try call.pooling(x)
    return try call.norm(x) { (x, kind) throws(Diagnostic) in
      try call.channelsLast(x) { (x) throws(Diagnostic) in
        try call.writer.add(Pool(kind == .l2 ? .l2 : .sum, size: size, window), [x], "pool")
      }
    }
  }

  /// The greatest elements of windows and, if they are asked for, their places in the tensor.
  static func maxPool(_ call: ONNXCall) throws(Diagnostic) -> [ONNXValue] {
    let x = try call.input()
    let (size, window) = try call.pooling(x)
    let isColumnMajor = try call.attributes.flag("storage_order")
    let found = try call.channelsLast(x) { (x) throws(Diagnostic) in try call.writer.add(Pool(.max, size: size, window), [x], "pool") }
    guard call.wants(1) else { return [.tensor(found)] }
    let places = try call.channelsLast(x) { (x) throws(Diagnostic) in
      try call.writer.add(ArgPool(size: size, window, isColumnMajor: isColumnMajor), [x], "places")
    }
    return [.tensor(found), .tensor(places)]
  }

  private static func globalNorm(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    try call.norm(try call.input()) { (x, kind) throws(Diagnostic) in
      try call.writer.reduce(kind, x, axes: Array(2..<max(call.writer.rank(x), 3)), keepDims: true, "reduced")
    }
  }
}

extension ONNXCall {
  /// The window that the attributes of a pool over `x` `[N, C, spatial…]` describe.
  fileprivate func pooling(_ x: ValueID) throws(Diagnostic) -> (size: [Int], window: SlidingWindow) {
    let rank = writer.rank(x) - 2
    guard rank > 0, let size = try attributes.optionalInts("kernel_shape"), size.count == rank else {
      throw Diagnostic("a pool over \(writer.type(x))", hint: "kernel_shape has one number for each axis behind [N, C]")
    }
    return (size, try ONNXWindow(self, rank: rank, kernel: size).pooled(writer.shape(x)))
  }

  /// The `p`-th root of sums of `p`-th powers, where `sum` adds up or is the Euclidean norm.
  fileprivate func norm(
    _ x: ValueID, _ sum: (ValueID, Reduce.Function) throws(Diagnostic) -> ValueID
  ) throws(Diagnostic) -> ValueID {
    // A float in the first opset.
    let p = opset < 2 ? try attributes.float("p", default: 2) : Double(try attributes.int("p", default: 2))
    guard p >= 1, p < 0x1p15 else { throw Diagnostic("the power p is \(p)", hint: "it must be 1 or more") }
    if p == 2 { return try sum(x, .l2) }
    let magnitudes = try writer.unary("abs", x, [:], "magnitudes")
    if p == 1 { return try sum(magnitudes, .sum) }
    let total = try sum(try writer.binary("power", magnitudes, p, "powers"), .sum)
    return try writer.binary("power", total, 1 / p, "")
  }
}

extension ONNXWindow {
  /// The extents that a pool with this window has made these of.
  func unpooled(_ spatial: Shape, _ size: [Int]) throws(Diagnostic) -> Shape {
    let window = try sliding([1, 1] + spatial)
    return spatial.indices.map { axis in
      let along = window.along(axis)
      return (spatial[axis] - 1) * Dim(along.stride) + Dim(along.reach(size[axis]) - along.before - along.after)
    }
  }
}
