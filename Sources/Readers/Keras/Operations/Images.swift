import Containers
import GraphIR
import Operators
import Tensors

extension KerasOperations {
  static let images: [KerasOperation] = [
    KerasOperation("resize") { (call) throws(Diagnostic) in
      let x = try call.input()
      guard let size = try call.ints("size"), size.count == 2, call.writer.rank(x) == 4 else {
        throw Diagnostic("resize of \(call.writer.type(x))")
      }
      if try call.flag("crop_to_aspect_ratio", "pad_to_aspect_ratio") { throw Diagnostic("resize that keeps the aspect ratio") }
      let kind = try (call.parameter("interpolation") ?? call.parameter("method"))?.string() ?? "bilinear"
      return [try call.writer.resize(x, size.map { Dim($0) }, kind: kind, antialias: try call.flag("antialias"), "")]
    },
    KerasOperation("crop_images") { (call) throws(Diagnostic) in
      var x = try call.input()
      for (axis, margin) in try margins(call, x, "cropping", { $0 - $1 }) {
        x = try call.writer.slice(x, axis: axis, from: margin.before, to: margin.after == 0 ? .max : -margin.after, "cropped")
      }
      return [x]
    },
    KerasOperation("pad_images") { (call) throws(Diagnostic) in
      let x = try call.input()
      var pad = Pad(before: [Int](repeating: 0, count: call.writer.rank(x)), after: [Int](repeating: 0, count: call.writer.rank(x)))
      for (axis, margin) in try margins(call, x, "padding", { $1 - $0 }) { (pad.before[axis], pad.after[axis]) = margin }
      return [try call.writer.add(pad, [x], "")]
    },
    KerasOperation("rgb_to_grayscale") { (call) throws(Diagnostic) in
      try colours(call) { (writer, x) throws(Diagnostic) in
        let weights = Tensor(.float32, [3, 1], [0.2989, 0.5870, 0.1140])
        return writer.shape(x).last == 1 ? x : try writer.matmul(x, writer.constant(weights, "weights"), "grey")
      }
    },
    KerasOperation("rgb_to_hsv") { (call) throws(Diagnostic) in try colours(call, hueSaturationValue) },
    KerasOperation("hsv_to_rgb") { (call) throws(Diagnostic) in try colours(call, redGreenBlue) },
    KerasOperation("space_to_depth") { (call) throws(Diagnostic) in
      let block = try call.int("block_size", default: 1)
      return [try call.channelsLast { (x) throws(Diagnostic) in try spaceToDepth(call.writer, x, block) }]
    },
    KerasOperation("depth_to_space") { (call) throws(Diagnostic) in
      let block = try call.int("block_size", default: 1)
      return [try call.channelsLast { (x) throws(Diagnostic) in try depthToSpace(call.writer, x, block) }]
    },
    KerasOperation("unfold") { (call) throws(Diagnostic) in [try unfold(call)] },
  ]

  /// For rows and columns what is added or taken before and after: two of before, after and the extent that results are given.
  private static func margins(
    _ call: KerasOperationCall, _ x: ValueID, _ kind: String, _ total: (Int, Int) -> Int
  ) throws(Diagnostic) -> [(axis: Int, margin: (before: Int, after: Int))] {
    let shape = call.writer.shape(x)
    guard shape.count == 3 || shape.count == 4 else { throw Diagnostic("\(call.writer.type(x)) as an image") }
    let first = shape.count - (try call.isChannelsFirst() ? 2 : 3)
    var result: [(axis: Int, margin: (before: Int, after: Int))] = []
    for (axis, names) in [(first, ("top", "bottom", "height")), (first + 1, ("left", "right", "width"))] {
      let before = try call.parameter("\(names.0)_\(kind)")?.boundedInt()
      let after = try call.parameter("\(names.1)_\(kind)")?.boundedInt()
      let both = try call.parameter("target_\(names.2)").map { (target) throws(Diagnostic) in
        guard let extent = shape[axis].constant else { throw target.problem("axis \(axis) of \(call.writer.type(x)) is open") }
        return total(extent, try target.boundedInt())
      }
      let margin = (before: before ?? (both ?? 0) - (after ?? 0), after: after ?? (both ?? 0) - (before ?? 0))
      guard margin.before >= 0, margin.after >= 0 else { throw Diagnostic("the \(kind) of axis \(axis) is \(margin)", hint: "0 or more") }
      result.append((axis, margin))
    }
    return result
  }

  /// What `body` makes of an image whose colours are the last axis, with them where they were.
  private static func colours(
    _ call: KerasOperationCall, _ body: (GraphWriter, ValueID) throws(Diagnostic) -> ValueID
  ) throws(Diagnostic) -> [ValueID] {
    let x = try call.input()
    let rank = call.writer.rank(x)
    let axis = try call.isChannelsFirst() ? rank - 3 : rank - 1
    guard axis >= 0, call.writer.dtype(x).isFloat, call.writer.shape(x)[axis] == 3 || call.writer.shape(x)[axis] == 1 else {
      throw Diagnostic("the colours of \(call.writer.type(x))", hint: "expected are three floats for each pixel")
    }
    let result = try body(call.writer, try call.writer.moved(x, axis, to: rank - 1, "colours_last"))
    return [try call.writer.moved(result, rank - 1, to: axis, "")]
  }

  private static func hueSaturationValue(_ writer: GraphWriter, _ x: ValueID) throws(Diagnostic) -> ValueID {
    let parts = try ["red", "green", "blue"].enumerated().map { (index, label) throws(Diagnostic) in
      try writer.slice(x, axis: -1, from: index, to: index + 1, label)
    }
    let value = try writer.reduce(.max, x, axes: [-1], keepDims: true, "value")
    let least = try writer.reduce(.min, x, axes: [-1], keepDims: true, "least")
    let range = try writer.binary("subtract", value, least, "range")
    let ratio = try writer.binary("divide", range, value, "ratio")
    let saturation = try writer.apply(
      "where", [.value(try writer.binary("greater", value, 0, "lit")), .value(ratio), .number(0)], "saturation")
    let turn = try writer.binary("multiply", range, 6, "turn")
    // From the least likely colour to the first that may be the greatest.
    var hue = try writer.binary("add", try sector(writer, parts[0], parts[1], turn), 4.0 / 6, "from_blue")
    for (index, shift) in [(1, 2.0 / 6), (0, 0)] {
      let angle = try sector(writer, parts[(index + 1) % 3], parts[(index + 2) % 3], turn)
      let isGreatest = try writer.binary("equal", parts[index], value, "greatest")
      hue = try writer.apply(
        "where", [.value(isGreatest), .value(try writer.binary("add", angle, shift, "shifted")), .value(hue)], "hue")
    }
    hue = try writer.apply("where", [.value(try writer.binary("greater", range, 0, "coloured")), .value(hue), .number(0)], "hue")
    let isNegative = try writer.binary("less", hue, 0, "negative")
    let positive = try writer.apply(
      "where", [.value(isNegative), .value(try writer.binary("add", hue, 1, "next")), .value(hue)], "hue")
    return try writer.concatenate([positive, saturation, value], axis: -1, "hsv")
  }

  private static func sector(_ writer: GraphWriter, _ a: ValueID, _ b: ValueID, _ turn: ValueID) throws(Diagnostic) -> ValueID {
    try writer.binary("divide", try writer.binary("subtract", a, b, "distance"), turn, "sector")
  }

  /// Each colour falls off with the distance of the hue from its own: `((d - 1) * saturation + 1) * value`.
  private static func redGreenBlue(_ writer: GraphWriter, _ x: ValueID) throws(Diagnostic) -> ValueID {
    let parts = try ["hue", "saturation", "value"].enumerated().map { (index, label) throws(Diagnostic) in
      try writer.slice(x, axis: -1, from: index, to: index + 1, label)
    }
    func colours(_ values: [Double], _ label: String) -> ValueID { writer.constant(Tensor(.float32, [3], values), label) }
    let angle = try writer.binary("multiply", parts[0], 6, "angle")
    let distance = try writer.unary("abs", try writer.binary("subtract", angle, colours([3, 2, 4], "centres"), "offset"), [:], "distance")
    let signed = try writer.binary("multiply", distance, colours([1, -1, -1], "signs"), "signed")
    let share = try writer.apply(
      "clip", [.value(try writer.binary("add", signed, colours([-1, 2, 2], "bases"), "ramp")), .number(0), .number(1)], "share")
    let fall = try writer.binary("multiply", try writer.binary("subtract", share, 1, "lack"), parts[1], "fall")
    return try writer.binary("multiply", try writer.binary("add", fall, 1, "brightness"), parts[2], "rgb")
  }

  /// `[N, H, W, C]` to `[N, H / b, W / b, b * b * C]`.
  private static func spaceToDepth(_ writer: GraphWriter, _ x: ValueID, _ block: Int) throws(Diagnostic) -> ValueID {
    let shape = writer.shape(x)
    let size = Dim(block)
    guard shape.count == 4, block > 0, block < 1 << 12, let rows = shape[1].exactQuotient(by: size),
      let columns = shape[2].exactQuotient(by: size)
    else { throw Diagnostic("blocks of \(block) in \(writer.type(x))", hint: "they must divide rows and columns") }
    let blocks = try writer.reshape(x, [shape[0], rows, size, columns, size, shape[3]], "blocks")
    let moved = try writer.transpose(blocks, [0, 1, 3, 2, 4, 5], "blocks_last")
    return try writer.reshape(moved, [shape[0], rows, columns, size * size * shape[3]], "depth")
  }

  private static func depthToSpace(_ writer: GraphWriter, _ x: ValueID, _ block: Int) throws(Diagnostic) -> ValueID {
    let shape = writer.shape(x)
    let size = Dim(block)
    guard shape.count == 4, block > 0, block < 1 << 12, let channels = shape[3].exactQuotient(by: size * size) else {
      throw Diagnostic("blocks of \(block) from \(writer.type(x))", hint: "the square must divide the channels")
    }
    let blocks = try writer.reshape(x, [shape[0], shape[1], shape[2], size, size, channels], "blocks")
    let moved = try writer.transpose(blocks, [0, 1, 3, 2, 4, 5], "blocks_apart")
    return try writer.reshape(moved, [shape[0], shape[1] * size, shape[2] * size, channels], "space")
  }

  /// `[N, C, H, W]` to `[N, C * taps, places]`: the elements under each tap at every place of a window.
  private static func unfold(_ call: KerasOperationCall) throws(Diagnostic) -> ValueID {
    var x = try call.input()
    guard call.writer.rank(x) == 4, let kernel = try call.spatial("kernel_size", rank: 2) else {
      throw Diagnostic("unfold of \(call.writer.type(x))", hint: "expected are images with channels first, and a kernel size")
    }
    let strides = try call.spatial("stride", rank: 2) ?? [1, 1]
    let dilations = try call.spatial("dilation", rank: 2) ?? [1, 1]
    let given = try call.ints("padding") ?? [0]
    let pads = [0, 0] + (given.count == 1 ? given + given : given)
    if pads.contains(where: { $0 != 0 }) { x = try call.writer.add(Pad(before: pads, after: pads), [x], "padded") }
    for spatial in 0..<2 {
      let axis = 2 + 2 * spatial
      let reach = (kernel[spatial] - 1) * dilations[spatial] + 1
      guard let extent = call.writer.shape(x)[axis].constant, extent >= reach else {
        throw Diagnostic(
          "windows of \(reach) along axis \(axis) of \(call.writer.type(x))", hint: "the extent has to be known and as large")
      }
      let places = (extent - reach) / strides[spatial] + 1
      let indices = (0..<kernel[spatial]).flatMap { tap in
        (0..<places).map { Double(tap * dilations[spatial] + $0 * strides[spatial]) }
      }
      let table = call.writer.constant(Tensor(.int32, [kernel[spatial], places], indices), "places")
      x = try call.writer.add(Gather(axis: axis), [x, table], "taps")
    }
    let shape = call.writer.shape(x)
    let moved = try call.writer.transpose(x, [0, 1, 2, 4, 3, 5], "taps_first")
    return try call.writer.reshape(moved, [shape[0], shape[1] * shape[2] * shape[4], shape[3] * shape[5]], "")
  }
}
