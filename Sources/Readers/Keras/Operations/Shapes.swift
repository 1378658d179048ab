import Containers
import GraphIR
import Operators
import Tensors

extension KerasOperations {
  /// Functions that only move elements.
  static let shapes: [KerasOperation] = [
    KerasOperation("reshape") { (call) throws(Diagnostic) in [try call.writer.add(Reshape(try newShape(call)), [try call.input()], "")] },
    KerasOperation("expand_dims") { (call) throws(Diagnostic) in
      [try call.writer.expandDims(try call.input(), try call.int("axis", default: -1), "")]
    },
    KerasOperation("squeeze") { (call) throws(Diagnostic) in
      let x = try call.input()
      let shape = call.writer.shape(x)
      var dropped = shape.indices.filter { shape[$0] == 1 }
      if try call.ints("axis") != nil { dropped = try call.axes(of: x, "axis") }
      return [try call.writer.reshape(x, shape.indices.filter { !dropped.contains($0) }.map { shape[$0] }, "")]
    },
    KerasOperation("transpose") { (call) throws(Diagnostic) in
      let x = try call.input()
      let order = try call.ints("axes", "perm") ?? Array((0..<call.writer.rank(x)).reversed())
      return [try call.writer.add(Transpose(order), [x], "")]
    },
    KerasOperation("swapaxes") { (call) throws(Diagnostic) in
      let x = try call.input()
      var order = Array(0..<call.writer.rank(x))
      order.swapAt(
        try normalisedAxis(try call.int("axis1", default: 0), rank: order.count),
        try normalisedAxis(try call.int("axis2", default: 1), rank: order.count))
      return [try call.writer.transpose(x, order, "")]
    },
    KerasOperation("moveaxis") { (call) throws(Diagnostic) in [try moveAxes(call)] },
    KerasOperation("ravel") { (call) throws(Diagnostic) in
      [try call.writer.flat(try call.input(), "")]
    },
    KerasOperation("flip", "reverse") { (call) throws(Diagnostic) in
      let x = try call.input()
      return [try call.writer.add(Reverse(try call.axes(of: x, "axis")), [x], "")]
    },
    KerasOperation("roll") { (call) throws(Diagnostic) in
      guard let axes = try call.ints("axis"), let shifts = try call.ints("shift") else {
        throw Diagnostic("roll needs a shift and an axis")
      }
      return [try call.writer.add(Roll(shifts, axes: axes), [try call.input()], "")]
    },
    KerasOperation("concatenate", "concat") { (call) throws(Diagnostic) in
      [
        try call.writer.concatenate(
          try call.inputs(), axis: try call.int("axis", default: call.call.spec.className == "TFOpLambda" ? 0 : -1), "")
      ]
    },
    KerasOperation("append") { (call) throws(Diagnostic) in
      guard let second = call.argument(1, "x2"), let axis = try call.parameter("axis")?.boundedInt() else {
        throw Diagnostic("append needs two tensors and an axis")
      }
      return [try call.writer.concatenate([try call.input(), try call.value(second)], axis: axis, "")]
    },
    KerasOperation("stack") { (call) throws(Diagnostic) in
      let axis = try call.int("axis", default: 0)
      let parts = try call.inputs().map { (part) throws(Diagnostic) in try call.writer.expandDims(part, axis, "part") }
      return [try call.writer.concatenate(parts, axis: axis, "")]
    },
    KerasOperation("hstack") { (call) throws(Diagnostic) in [try call.writer.concatenate(try call.inputs(), axis: 1, "")] },
    KerasOperation("vstack") { (call) throws(Diagnostic) in [try call.writer.concatenate(try call.inputs(), axis: 0, "")] },
    KerasOperation("dstack") { (call) throws(Diagnostic) in [try call.writer.concatenate(try call.inputs(), axis: 2, "")] },
    KerasOperation("split", "array_split") { (call) throws(Diagnostic) in try split(call) },
    KerasOperation("unstack") { (call) throws(Diagnostic) in
      let x = try call.input()
      let axis = try normalisedAxis(try call.int("axis", default: 0), rank: call.writer.rank(x))
      guard let count = call.writer.shape(x)[axis].constant, count <= 4096 else {
        throw Diagnostic("axis \(axis) of \(call.writer.type(x)) is unstacked")
      }
      var shape = call.writer.shape(x)
      shape.remove(at: axis)
      return try (0..<count).map { (index) throws(Diagnostic) in
        try call.writer.reshape(try call.writer.slice(x, axis: axis, from: index, to: index + 1, "slice\(index)"), shape, "part\(index)")
      }
    },
    KerasOperation("tile") { (call) throws(Diagnostic) in
      [try call.writer.add(Tile(try call.ints("repeats", "multiples") ?? []), [try call.input()], "")]
    },
    KerasOperation("repeat") { (call) throws(Diagnostic) in
      guard let axis = try call.parameter("axis")?.boundedInt() else { throw Diagnostic("repeat without an axis") }
      return [try call.writer.add(Repeat(try call.int("repeats", default: 1), axis: axis), [try call.input()], "")]
    },
    KerasOperation("broadcast_to") { (call) throws(Diagnostic) in
      [try call.writer.add(Expand(Shape(try call.ints("shape") ?? [])), [try call.input()], "")]
    },
    KerasOperation("pad") { (call) throws(Diagnostic) in [try pad(call)] },
    KerasOperation("get_item", "getitem") { (call) throws(Diagnostic) in [try getItem(call)] },
    KerasOperation("slice") { (call) throws(Diagnostic) in
      guard let starts = try call.argument(1, "start_indices", "begin")?.literal?.intList(), let sizes = try call.ints("shape", "size"),
        starts.count == sizes.count
      else { throw Diagnostic("slice needs starts and sizes that are known") }
      let ends = zip(starts, sizes).map { $1 < 0 ? Int.max : $0 + $1 }
      return [try call.writer.add(Slice(starts: starts, ends: ends), [try call.input()], "")]
    },
    KerasOperation("take", "gather") { (call) throws(Diagnostic) in
      guard let indices = call.argument(1, "indices") else { throw Diagnostic("the indices are missing") }
      let axis = try call.int("axis", default: 0)
      let number = try indices.literal.flatMap { (json) throws(Diagnostic) in try json.plainNumber() }
      let ids: ValueID
      if let number {
        ids = call.writer.constant(Tensor(.int32, [], [number]), "index")
      } else {
        ids = try call.writer.cast(try call.value(indices), to: .int32, "indices")
      }
      return [try call.writer.add(Gather(axis: axis), [try call.input(), ids], "")]
    },
    KerasOperation("take_along_axis") { (call) throws(Diagnostic) in
      guard let indices = call.argument(1, "indices") else { throw Diagnostic("the indices are missing") }
      return [
        try call.writer.add(GatherElements(axis: try call.int("axis", default: -1)), [try call.input(), try call.value(indices)], "")
      ]
    },
    KerasOperation("one_hot") { (call) throws(Diagnostic) in
      [
        try call.writer.add(
          OneHot(depth: try call.int("num_classes", "depth", default: 1), axis: try call.int("axis", default: -1)), [try call.input()], "")
      ]
    },
    KerasOperation("multi_hot") { (call) throws(Diagnostic) in
      let rows = try call.writer.add(OneHot(depth: try call.int("num_classes", default: 1)), [try call.input()], "one_hot")
      return [try call.writer.reduce(.max, rows, axes: [-2], "")]
    },
  ]

  private static func newShape(_ call: KerasOperationCall) throws(Diagnostic) -> [Int] {
    if let shape = try call.ints("newshape", "shape") { return shape }
    guard let shape = try call.argument(1, "newshape", "shape")?.literal?.intList() else {
      throw Diagnostic("the new shape depends on the data")
    }
    return shape
  }

  private static func moveAxes(_ call: KerasOperationCall) throws(Diagnostic) -> ValueID {
    let x = try call.input()
    let rank = call.writer.rank(x)
    let axes = try ["source", "destination"].map { (name) throws(Diagnostic) in
      try (call.ints(name) ?? [0]).map { (axis) throws(Diagnostic) in try normalisedAxis(axis, rank: rank) }
    }
    let (source, destination) = (axes[0], axes[1])
    guard source.count == destination.count, Set(source).count == source.count, Set(destination).count == destination.count else {
      throw Diagnostic("the axes \(source) are moved to \(destination)", hint: "name as many places, none twice")
    }
    var order = (0..<rank).filter { !source.contains($0) }
    for (place, axis) in zip(destination, source).sorted(by: { $0.0 < $1.0 }) { order.insert(axis, at: place) }
    return try call.writer.transpose(x, order, "")
  }

  private static func split(_ call: KerasOperationCall) throws(Diagnostic) -> [ValueID] {
    let x = try call.input()
    let axis = try normalisedAxis(try call.int("axis", default: 0), rank: call.writer.rank(x))
    guard let extent = call.writer.shape(x)[axis].constant, let given = call.parameter("indices_or_sections", "num_or_size_splits") else {
      throw Diagnostic("axis \(axis) of \(call.writer.type(x)) is split", hint: "the extent has to be known")
    }
    var ends: [Int]
    if given.isArray {
      ends = try given.intList()
      // TensorFlow gives sizes, Keras positions.
      if call.call.spec.className == "TFOpLambda" {
        ends = ends.reduce(into: []) { $0.append(($0.last ?? 0) + $1) }
      } else {
        ends.append(extent)
      }
    } else {
      let parts = try given.boundedInt()
      guard parts > 0, parts <= max(extent, 1) else { throw given.problem("\(extent) elements are split into \(parts) parts") }
      ends = (1...parts).map { part in part * (extent / parts) + min(part, extent % parts) }
    }
    return try zip([0] + ends, ends).enumerated().map { (index, range) throws(Diagnostic) in
      try call.writer.slice(x, axis: axis, from: range.0, to: range.1, "part\(index)")
    }
  }

  private static func pad(_ call: KerasOperationCall) throws(Diagnostic) -> ValueID {
    guard let widths = call.parameter("pad_width", "paddings") else { throw Diagnostic("the widths are missing") }
    let pairs = try widths.map { (pair) throws(Diagnostic) in try pair.intList() }
    guard pairs.allSatisfy({ $0.count == 2 }) else { throw widths.wrongKind("a pair for each axis") }
    let name = try call.parameter("mode").map { (json) throws(Diagnostic) in snakeCase(try json.string()) } ?? "constant"
    guard let mode = Pad.Mode(rawValue: name) else { throw Diagnostic("padding of the mode \"\(name)\"") }
    return try call.writer.add(
      Pad(before: pairs.map { $0[0] }, after: pairs.map { $0[1] }, mode: mode, value: try call.number("constant_values", default: 0)),
      [try call.input()], "")
  }

  /// Python's `x[…]`: indices, slices, None and an ellipsis.
  private static func getItem(_ call: KerasOperationCall) throws(Diagnostic) -> ValueID {
    let x = try call.input()
    guard let key = call.parameter("slice_spec") ?? call.argument(1, "key")?.literal else {
      throw Diagnostic("the index depends on the data")
    }
    let entries = key.isArray ? try key.array() : [key]
    var axis = 0
    var slice = Slice()
    var shape: [SubscriptAxis] = []
    let consumed = entries.count { !isEllipsis($0) && !$0.isNull }
    guard consumed <= call.writer.rank(x) else { throw key.problem("more indices than axes") }
    for entry in entries {
      if isEllipsis(entry) {
        let skipped = call.writer.rank(x) - consumed
        shape += (axis..<axis + skipped).map { .kept($0) }
        axis += skipped
      } else if entry.isNull {
        shape.append(.new)
      } else {
        let range = try SubscriptRange(entry)
        slice.starts.append(range.start)
        slice.ends.append(range.end)
        slice.steps.append(range.step)
        slice.axes.append(axis)
        if !range.isIndex { shape.append(.kept(axis)) }
        axis += 1
      }
    }
    shape += (axis..<call.writer.rank(x)).map { .kept($0) }
    let sliced = slice.axes.isEmpty ? x : try call.writer.add(slice, [x], "slice")
    let extents = call.writer.shape(sliced)
    return try call.writer.reshape(sliced, shape.map { if case .kept(let axis) = $0 { extents[axis] } else { 1 } }, "")
  }

  private static func isEllipsis(_ json: JSONValue) -> Bool { (try? json["class_name"]?.string()) == "__ellipsis__" }
}

private enum SubscriptAxis {
  case kept(Int)
  case new
}

/// One index or slice of a subscript.
private struct SubscriptRange {
  let start: Int
  let end: Int
  let step: Int
  let isIndex: Bool

  init(_ json: JSONValue) throws(Diagnostic) {
    guard json.isObject else {
      let index = try json.int()
      (start, end, step, isIndex) = (index, index == -1 ? Int.max : index &+ 1, 1, true)
      return
    }
    let slice = json["config"] ?? json
    step = try slice.int("step", default: 1)
    guard step != 0 else { throw json.problem("a slice has the step 0") }
    start = try slice.int("start", default: step > 0 ? 0 : Int.max)
    end = try slice.int("stop", default: step > 0 ? Int.max : Int.min)
    isIndex = false
  }
}
