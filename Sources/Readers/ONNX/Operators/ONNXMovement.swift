import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Operators that move elements and compute nothing.
  static let movement: [ONNXOperator] = [
    ONNXOperator("Identity") { (call) throws(Diagnostic) -> [ONNXValue] in [try call.value(0)] },
    ONNXOperator("Transpose") { (call) throws(Diagnostic) in
      let x = try call.input()
      let order = try call.attributes.optionalInts("perm") ?? Array((0..<call.writer.rank(x)).reversed())
      return try call.writer.add(Transpose(order), [x], "")
    },
    ONNXOperator("Reshape", build: reshape), ONNXOperator("Flatten", build: flatten), ONNXOperator("Squeeze", build: squeeze),
    ONNXOperator("Unsqueeze", build: unsqueeze), ONNXOperator("Expand", since: 8, build: expand),
    ONNXOperator("Concat") { (call) throws(Diagnostic) in
      let parts = try call.inputs()
      let rank = try call.type(0).rank
      let axis = try call.axis(default: 1, rank: rank)
      return try call.writer.concatenate(parts, axis: axis, "")
    },
    ONNXOperator("Split", values: split), ONNXOperator("Slice", build: slice),
    ONNXOperator("Gather") { (call) throws(Diagnostic) in
      let axis = try call.axis(default: 0, rank: try call.type(0).rank)
      return try call.writer.add(Gather(axis: axis), [try call.input(0), try call.input(1)], "")
    },
    ONNXOperator("GatherElements", since: 11) { (call) throws(Diagnostic) in
      let axis = try call.axis(default: 0, rank: try call.type(0).rank)
      return try call.gatherElements(axis: axis)
    },
    ONNXOperator("Tile", build: tile), ONNXOperator("Pad", build: pad),
    ONNXOperator("DepthToSpace", build: depthToSpace), ONNXOperator("SpaceToDepth", build: spaceToDepth),
  ]

  private static func reshape(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    call.attributes.ignore("consumed_inputs")
    let x = try call.input()
    let allowsZero = try call.attributes.flag("allowzero")
    let attribute = try call.attributes.optionalInts("shape")
    if attribute == nil, call.has(1), try call.extents(1) == nil, try call.isComputed(1) {
      return try call.reshapedByData(x, allowsZero: allowsZero)
    }
    let given = attribute == nil ? try call.shape(1, "the shape") : Shape(attribute ?? [])
    let own = call.writer.shape(x)
    var shape = given.enumerated().map { axis, dim in dim == 0 && !allowsZero && axis < own.count ? own[axis] : dim }
    if let free = shape.firstIndex(of: -1) {
      let others = shape.enumerated().filter { $0.offset != free }.map(\.element)
      guard let rest = own.elementCount.exactQuotient(by: others.elementCount) else {
        throw Diagnostic("\(call.writer.type(x)) is reshaped to \(given)", hint: "the elements do not divide into that shape")
      }
      shape[free] = rest
    }
    return try call.writer.reshape(x, shape, "")
  }

  private static func flatten(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let x = try call.input()
    let shape = call.writer.shape(x)
    let axis = try call.attributes.int("axis", default: 1)
    guard axis >= -shape.count, axis <= shape.count else { throw .axis(axis, rank: shape.count) }
    let position = axis < 0 ? axis + shape.count : axis
    return try call.writer.reshape(x, [Array(shape.prefix(position)).elementCount, Array(shape.dropFirst(position)).elementCount], "")
  }

  private static func squeeze(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let x = try call.input()
    let shape = call.writer.shape(x)
    if try call.isComputed(1) { return try call.squeezedByData(x) }
    let given = try call.ints(1, orAttribute: "axes") ?? shape.indices.filter { shape[$0] == 1 }
    let axes = try given.map { (axis) throws(Diagnostic) in try normalisedAxis(axis, rank: shape.count) }
    if let axis = axes.first(where: { shape[$0] != 1 }) {
      throw Diagnostic("axis \(axis) of \(call.writer.type(x)) is squeezed", hint: "only axes of extent 1 can be left out")
    }
    return try call.writer.reshape(x, shape.indices.filter { !axes.contains($0) }.map { shape[$0] }, "")
  }

  private static func unsqueeze(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let x = try call.input()
    if try call.isComputed(1) { return try call.unsqueezedByData(x) }
    guard let given = try call.ints(1, orAttribute: "axes") else { throw Diagnostic("the axes are missing") }
    let rank = call.writer.rank(x) + given.count
    let axes = Set(try given.map { (axis) throws(Diagnostic) in try normalisedAxis(axis, rank: rank) })
    guard axes.count == given.count else { throw Diagnostic("the axes \(given) name one twice") }
    var rest = call.writer.shape(x)[...]
    return try call.writer.reshape(x, (0..<rank).map { axes.contains($0) ? 1 : rest.removeFirst() }, "")
  }

  private static func expand(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let x = try call.input()
    if try call.extents(1) == nil, try call.isComputed(1) { return try call.expandedByData(x) }
    let target = try Broadcasting.shape([call.writer.shape(x), try call.shape(1, "the shape")])
    return target == call.writer.shape(x) ? x : try call.writer.add(Expand(target), [x], "")
  }

  private static func split(_ call: ONNXCall) throws(Diagnostic) -> [ONNXValue] {
    let x = try call.input()
    let axis = try call.axis(default: 0, rank: call.writer.rank(x))
    if try call.isComputed(1) { return try call.splitByData(x, axis: axis) }
    guard let extent = call.writer.shape(x)[axis].constant else {
      throw Diagnostic("axis \(axis) of \(call.writer.type(x)) is split, and open", hint: "settle it with --dim")
    }
    let count = try call.attributes.int("num_outputs", default: call.outputCount)
    let part = (extent + max(count, 1) - 1) / max(count, 1)
    let even = (0..<count).map { min(part, max(extent - $0 * part, 0)) }
    let sizes = try call.ints(1, orAttribute: "split") ?? even
    guard sizes.allSatisfy({ $0 >= 0 && $0 <= extent }), sizes.reduce(0, +) == extent else {
      throw Diagnostic("\(extent) elements are split into \(sizes)", hint: "the parts must add up")
    }
    var (start, parts): (Int, [ONNXValue]) = (0, [])
    for (position, size) in sizes.enumerated() {
      parts.append(.tensor(try call.writer.slice(x, axis: axis, from: start, to: start + size, "part\(position)")))
      start += size
    }
    return parts
  }

  private static func slice(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let x = try call.input()
    if try call.isComputed(anyOf: 1...4) { return try call.slicedByData(x) }
    guard let starts = try call.ints(1, orAttribute: "starts"), let ends = try call.ints(2, orAttribute: "ends") else {
      throw Diagnostic("starts or ends are missing")
    }
    let axes = try call.ints(3, orAttribute: "axes") ?? Array(starts.indices)
    let steps = try call.knownInts(4, "the steps") ?? []
    guard starts.count == ends.count, axes.count == starts.count, steps.isEmpty || steps.count == starts.count else {
      throw Diagnostic(
        "\(starts.count) starts, \(ends.count) ends, \(axes.count) axes and \(steps.count) steps", hint: "there must be as many of each")
    }
    return try call.writer.add(Slice(starts: starts, ends: ends, axes: axes, steps: steps), [x], "")
  }

  private static func tile(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let x = try call.input()
    if call.opset >= 6, try call.isComputed(1) { return try call.tiledByData(x) }
    guard var repeats = try call.knownInts(1, "the repeats") else { throw Diagnostic("the repeats are missing") }
    if call.opset < 6, let axis = try call.knownInts(2, "the axis")?.first, let count = repeats.first {
      repeats = [Int](repeating: 1, count: call.writer.rank(x))
      repeats[try normalisedAxis(axis, rank: repeats.count)] = count
    }
    guard repeats.count == call.writer.rank(x) else {
      throw Diagnostic("\(repeats.count) repeats for \(call.writer.type(x))", hint: "give one for each axis")
    }
    return try call.writer.add(Tile(repeats), [x], "")
  }

  private static func pad(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let x = try call.input()
    let rank = call.writer.rank(x)
    let modes: [String: Pad.Mode] = ["constant": .constant, "reflect": .reflect, "edge": .edge, "wrap": .wrap]
    let mode = modes[try call.attributes.choice("mode", of: modes.keys.sorted(), default: "constant")] ?? .constant
    if try call.isComputed(anyOf: 1...3) { return try call.paddedByData(x, mode) }
    let name = call.attributes.has("paddings") ? "paddings" : "pads"
    guard let pads = try call.ints(1, orAttribute: name) else { throw Diagnostic("the pads are missing") }
    let axes = try (try call.knownInts(3, "the axes") ?? Array(0..<rank)).map { (axis) throws(Diagnostic) in
      try normalisedAxis(axis, rank: rank)
    }
    guard pads.count == 2 * axes.count else {
      throw Diagnostic("\(pads.count) pads for \(axes.count) axes", hint: "there are two for each")
    }
    let (number, other) = (try call.knownNumber(2, "the value"), try call.attributes.float("value", default: 0))
    var (before, after) = ([Int](repeating: 0, count: rank), [Int](repeating: 0, count: rank))
    for (position, axis) in axes.enumerated() { (before[axis], after[axis]) = (pads[position], pads[position + axes.count]) }
    let cut = try cropped(x, before, after, call)
    let (front, back) = (before.map { max($0, 0) }, after.map { max($0, 0) })
    if (front + back).allSatisfy({ $0 == 0 }) { return cut }
    return try call.writer.add(Pad(before: front, after: back, mode: mode, value: number ?? other), [cut], "")
  }

  /// Negative pads take elements away.
  private static func cropped(_ x: ValueID, _ before: [Int], _ after: [Int], _ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let axes = before.indices.filter { before[$0] < 0 || after[$0] < 0 }
    if axes.isEmpty { return x }
    let (starts, ends) = (axes.map { max(-before[$0], 0) }, axes.map { after[$0] < 0 ? after[$0] : Int.max })
    return try call.writer.add(Slice(starts: starts, ends: ends, axes: axes), [x], "crop")
  }

  private static func depthToSpace(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (x, size) = (try call.input(), try call.blockSize())
    let isColumnRow = try call.attributes.choice("mode", of: ["DCR", "CRD"], default: "DCR") == "CRD"
    let shape = call.writer.shape(x)
    let block = Dim(size)
    guard let channels = shape[1].exactQuotient(by: Dim(size * size)) else {
      throw Diagnostic("\(shape[1]) channels in blocks of \(size) by \(size)")
    }
    let parted =
      isColumnRow ? [shape[0], channels, block, block, shape[2], shape[3]] : [shape[0], block, block, channels, shape[2], shape[3]]
    let order = isColumnRow ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]
    let moved = try call.writer.transpose(try call.writer.reshape(x, parted, "parted"), order, "moved")
    return try call.writer.reshape(moved, [shape[0], channels, shape[2] * block, shape[3] * block], "")
  }

  private static func spaceToDepth(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (x, size) = (try call.input(), try call.blockSize())
    let isColumnRow = try call.attributes.choice("mode", of: ["DCR", "CRD"], default: "DCR") == "CRD"
    let shape = call.writer.shape(x)
    let block = Dim(size)
    guard let height = shape[2].exactQuotient(by: block), let width = shape[3].exactQuotient(by: block) else {
      throw Diagnostic("\(call.writer.type(x)) in blocks of \(size) by \(size)", hint: "height and width must divide")
    }
    let parted = try call.writer.reshape(x, [shape[0], shape[1], height, block, width, block], "parted")
    let moved = try call.writer.transpose(parted, isColumnRow ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4], "moved")
    return try call.writer.reshape(moved, [shape[0], shape[1] * block * block, height, width], "")
  }

  /// Nothing is dropped when a network is used; the mask is all true.
}

extension ONNXCall {
  /// An input that holds a shape.
  func shape(_ position: Int, _ name: String) throws(Diagnostic) -> Shape {
    if let extents = try extents(position) { return extents }
    guard has(position) else { throw Diagnostic("\(name) is missing") }
    throw Diagnostic("\(name), input \(position), is computed when the model runs", hint: "it has to follow from shapes and constants")
  }

  fileprivate func blockSize() throws(Diagnostic) -> Int {
    guard try type(0).rank == 4, let size = try attributes.optionalInt("blocksize"), size > 0, size < 1 << 15 else {
      throw Diagnostic("blocks of \(try type(0))", hint: "the input is [N, C, H, W], and the block size a positive number")
    }
    return size
  }

  /// ONNX cuts the axes that are not gathered along to those of the indices.
  fileprivate func gatherElements(axis: Int) throws(Diagnostic) -> ValueID {
    var (data, indices) = (try input(0), try input(1))
    let wanted = writer.shape(indices)
    guard wanted.count == writer.rank(data) else { throw Diagnostic("indices of rank \(wanted.count) for \(writer.type(data))") }
    for other in wanted.indices where other != axis && wanted[other] != writer.shape(data)[other] {
      guard let extent = wanted[other].constant else {
        throw Diagnostic("the indices are \(writer.type(indices))", hint: "settle their extents with --dim")
      }
      data = try writer.slice(data, axis: other, from: 0, to: extent, "cut\(other)")
    }
    indices = try input(1)
    return try writer.add(GatherElements(axis: axis), [data, indices], "")
  }
}
