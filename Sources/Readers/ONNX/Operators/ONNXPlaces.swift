import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Operators by which an element depends on where it stands.
  static let places: [ONNXOperator] = [
    ONNXOperator("Trilu", since: 14, build: triangle), ONNXOperator("EyeLike", since: 9, build: diagonal),
    ONNXOperator("OneHot", since: 9, .numbers, build: oneHot), ONNXOperator("Hardmax", .floats, build: hardmax),
    ONNXOperator("CenterCropPad", since: 18, build: centred), ONNXOperator("AffineGrid", since: 20, .floats, build: affineGrid),
  ]

  /// The elements on one side of a diagonal; the others are zero.
  private static func triangle(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (x, writer) = (try call.input(), call.writer)
    let isUpper = try call.attributes.flag("upper", default: true)
    let distance = try call.diagonals(of: x)
    var limit: Operand = .number(0)
    if let given = try call.optional(1) { limit = .value(try writer.reshape(given, [1, 1], "diagonal")) }
    let isKept = try writer.apply(isUpper ? "greater_equal" : "less_equal", [.value(distance), limit], "kept")
    let result = try writer.apply("where", [.value(isKept), .value(x), .number(0)], "triangle")
    return try writer.cast(result, to: writer.dtype(x), "")
  }

  /// Ones on a diagonal.
  private static func diagonal(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let x = try call.input()
    guard call.writer.rank(x) == 2 else { throw Diagnostic("the input is \(call.writer.type(x))", hint: "it is a matrix") }
    let offset = try call.attributes.int("k", default: 0)
    guard offset.magnitude < 1 << 31 else { throw Diagnostic("the diagonal is \(offset)", hint: "it is an int32") }
    let dtype = try call.attributes.dtype("dtype") ?? call.writer.dtype(x)
    let isOne = try call.writer.binary("equal", try call.diagonals(of: x), Double(offset), "diagonal")
    return try call.writer.cast(isOne, to: dtype, "")
  }

  private static func oneHot(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let writer = call.writer
    let rank = try call.type(0).rank
    let axis = try call.axis(default: -1, rank: rank + 1)
    let depth = try call.depth(axis)
    var index = try writer.expandDims(try writer.cast(try call.input(0), to: .int64, "index"), axis, "index_axis")
    if call.opset >= 11 {
      let turned = try writer.binary("add", index, try writer.extents([depth], shape: [], "depth"), "from_end")
      let isNegative = try writer.binary("less", index, 0, "negative")
      index = try writer.apply("where", [.value(isNegative), .value(turned), .value(index)], "index_wrapped")
    }
    let values = try call.input(2)
    guard writer.shape(values) == [2] else { throw Diagnostic("the values are \(writer.type(values))", hint: "they are [off, on]") }
    let off = try writer.reshape(try writer.slice(values, axis: 0, from: 0, to: 1, "off"), [], "off_scalar")
    let on = try writer.reshape(try writer.slice(values, axis: 0, from: 1, to: 2, "on"), [], "on_scalar")
    let isHot = try writer.binary("equal", index, try call.places(depth, along: axis, rank: rank + 1), "hot")
    return try writer.apply("where", [.value(isHot), .value(on), .value(off)], "")
  }

  /// One at the first of the greatest elements along an axis.
  private static func hardmax(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (x, writer) = (try call.input(), call.writer)
    let shape = writer.shape(x)
    let axis = try call.axis(default: call.opset < 13 ? 1 : -1, rank: shape.count)
    // Until opset 12 all axes from the given one on count as one.
    let rows =
      call.opset < 13 ? try writer.reshape(x, [Array(shape[..<axis]).elementCount, Array(shape[axis...]).elementCount], "rows") : x
    let along = call.opset < 13 ? 1 : axis
    let found = try writer.add(ArgReduce(.max, axis: along, keepDims: true, dtype: .int64), [rows], "found")
    let places = try call.places(writer.shape(rows)[along], along: along, rank: writer.rank(rows))
    let isFound = try writer.binary("equal", found, places, "hot")
    return try writer.reshape(try writer.cast(isFound, to: writer.dtype(x), "hot_cast"), shape, "")
  }

  /// The middle of a tensor, or the tensor in the middle of zeros.
  private static func centred(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (x, writer) = (try call.input(), call.writer)
    let shape = writer.shape(x)
    let axes = try (try call.attributes.optionalInts("axes") ?? Array(shape.indices)).map { (axis) throws(Diagnostic) in
      try normalisedAxis(axis, rank: shape.count)
    }
    if try call.extents(1) == nil, try call.isComputed(1) { return try call.centredByData(x, axes) }
    var result = x
    var (before, after) = ([Int](repeating: 0, count: shape.count), [Int](repeating: 0, count: shape.count))
    for (position, axis) in axes.enumerated() {
      guard let wanted = try call.wantedExtent(1, position, of: axes), let extent = shape[axis].constant else {
        throw Diagnostic("axis \(axis) of \(writer.type(x)) is cut or padded to what is not known", hint: "both extents have to be known")
      }
      if wanted <= extent {
        let start = (extent - wanted) / 2
        if wanted < extent { result = try writer.slice(result, axis: axis, from: start, to: start + wanted, "cut\(axis)") }
      } else {
        (before[axis], after[axis]) = ((wanted - extent) / 2, (wanted - extent + 1) / 2)
      }
    }
    return (before + after).allSatisfy { $0 == 0 } ? result : try writer.add(Pad(before: before, after: after), [result], "")
  }

  /// The places of a grid over `[-1, 1]`, moved by one matrix for each batch; the last axis is x, y(, z).
  private static func affineGrid(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (theta, writer) = (try call.input(), call.writer)
    let matrix = writer.shape(theta)
    guard matrix.count == 3, let rank = matrix[1].constant, rank == 2 || rank == 3, matrix[2] == Dim(rank + 1) else {
      throw Diagnostic("the matrices are \(writer.type(theta))", hint: "they are [N, 2, 3] or [N, 3, 4]")
    }
    let isAligned = try call.attributes.flag("align_corners")
    let dtype = writer.dtype(theta)
    let isKnown = try call.extents(1) != nil
    let lines = try (0..<rank).map { (axis) throws(Diagnostic) in
      if !isKnown { return try call.gridLineByData(axis, rank, dtype, isAligned: isAligned) }
      return call.gridLine(try call.gridExtent(axis, rank, isAligned: isAligned), axis, rank, dtype, isAligned: isAligned)
    }
    func column(_ position: Int) throws(Diagnostic) -> ValueID {
      let part = try writer.slice(theta, axis: 2, from: position, to: position + 1, "column\(position)")
      return try writer.reshape(part, [matrix[0]] + Shape(repeating: 1, count: rank) + [matrix[1]], "column\(position)/broad")
    }
    var result = try column(rank)
    for (axis, line) in lines.enumerated() {
      // The columns belong to x, y(, z), the axes to (z, )y, x.
      let moved = try writer.binary("multiply", try column(rank - 1 - axis), line, "moved\(axis)")
      result = try writer.binary("add", result, moved, axis == rank - 1 ? "" : "sum\(axis)")
    }
    return result
  }
}

extension ONNXCall {
  /// `0, 1, …` along an axis, the others of extent 1.
  fileprivate func places(_ extent: Dim, along axis: Int, rank: Int) throws(Diagnostic) -> ValueID {
    var shape = Shape(repeating: 1, count: rank)
    shape[axis] = extent
    return try writer.reshape(try writer.positions(extent, "places\(axis)"), shape, "places\(axis)/broad")
  }

  /// How far each element of a matrix lies to the right of the diagonal, `[rows, columns]`.
  fileprivate func diagonals(of x: ValueID) throws(Diagnostic) -> ValueID {
    let shape = writer.shape(x)
    guard shape.count > 1 else { throw Diagnostic("the input is \(writer.type(x))", hint: "it is a matrix, or several") }
    let rows = try places(shape[shape.count - 2], along: 0, rank: 2)
    return try writer.binary("subtract", try places(shape[shape.count - 1], along: 1, rank: 2), rows, "distance")
  }

  /// The number of classes: an extent, a constant, or what a run computes.
  fileprivate func depth(_ axis: Int) throws(Diagnostic) -> Dim {
    if let known = try constant(1), known.count == 1, let depth = known.doubles.first {
      guard depth >= 1, depth < 0x1p31 else { throw Diagnostic("the depth is \(depth)", hint: "it is between 1 and 2^31 - 1") }
      return Dim(Int(depth))
    }
    if let extent = try extents(1)?.first { return extent }
    let given = try writer.cast(try writer.flat(try input(1), "depth_flat"), to: .int64, "depth_wide")
    return try computedExtent(given, 0, axis: axis, within: nil)
  }

  /// Number `position` of the extents that input `input` gives for `axes`, where it is a constant.
  fileprivate func wantedExtent(_ input: Int, _ position: Int, of axes: [Int]) throws(Diagnostic) -> Int? {
    guard let given = try extents(input) else { return nil }
    guard given.count == axes.count, given.allSatisfy({ ($0.constant ?? 0) >= 0 }) else {
      throw Diagnostic("the extents \(given) for \(axes.count) axes", hint: "there is one for each, none negative")
    }
    return given[position].constant
  }

  /// The extent of axis `axis` of a grid, whose size `[N, C, …]` is input 1.
  fileprivate func gridExtent(_ axis: Int, _ rank: Int, isAligned: Bool) throws(Diagnostic) -> Int {
    guard let extent = try extents(1)?[safe: axis + 2]?.constant else {
      throw Diagnostic("the size of the grid, input 1, is not known", hint: "make it a constant")
    }
    guard extent > (isAligned ? 1 : 0), extent < 1 << 20 else {
      throw Diagnostic("a grid of \(extent) places along an axis", hint: "with align_corners there are two at least, else one")
    }
    return extent
  }

  fileprivate func gridLine(_ extent: Int, _ axis: Int, _ rank: Int, _ dtype: DType, isAligned: Bool) -> ValueID {
    let step = 2 / Double(isAligned ? extent - 1 : extent)
    let start = isAligned ? -1 : step / 2 - 1
    let numbers: [Double] = (0..<extent).map { start + step * Double($0) }
    var dims = [Int](repeating: 1, count: rank + 2)
    dims[axis + 1] = extent
    return writer.constant(Tensor(dtype, dims, numbers), "line\(axis)")
  }
}
