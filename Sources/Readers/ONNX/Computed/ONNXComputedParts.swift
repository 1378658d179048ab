import GraphIR
import Operators
import Tensors

/// Operators that take parts of a tensor, or more than the whole, from places that are computed when the model runs.
extension ONNXCall {
  /// `x` from starts to ends along some axes, by inputs 1 to 4.
  func slicedByData(_ x: ValueID) throws(Diagnostic) -> ValueID {
    let own = writer.shape(x)
    let vectors = try (1...4).map { (position) throws(Diagnostic) in
      has(position) ? try integers(position, "input \(position)").vector : nil
    }
    let resolved = try writer.add(ResolvedSlice(own), vectors, "resolved")
    let count = vectors[0].flatMap { writer.shape($0).elementCount.constant } ?? 0
    let axes = has(3) ? try constant(3)?.integers.map(ONNXAttributes.bounded) : Array(0..<count)
    let named = try axes?.map { (axis) throws(Diagnostic) in try normalisedAxis(axis, rank: own.count) }
    let whole = named.map { Set(own.indices).subtracting($0) } ?? []
    let shape = try computedShape(resolved, from: 2 * own.count, within: own, keeping: whole)
    let starts = try writer.slice(resolved, axis: 0, from: 0, to: own.count, "starts")
    let steps = try writer.slice(resolved, axis: 0, from: own.count, to: 2 * own.count, "steps")
    return try writer.add(Excerpt(shape), [x, starts, steps], "")
  }

  /// Parts of `x` along an axis, one after the other, of the sizes in input 1.
  func splitByData(_ x: ValueID, axis: Int) throws(Diagnostic) -> [ONNXValue] {
    let (own, (sizes, count)) = (writer.shape(x), try integers(1, "split"))
    let extent = try writer.extents([own[axis]], shape: [1], "extent")
    let total = try writer.reduce(.sum, sizes, axes: [0], keepDims: true, "total")
    let isWhole = try writer.binary("equal", total, extent, "is_whole")
    let checked = try writer.apply("where", [.value(isWhole), .value(sizes), .number(-1)], "sizes")
    let firsts = try writer.add(Cumulative(.sum, axis: 0, isExclusive: true), [sizes], "firsts")
    let alongAxis = writer.constant(Tensor(.int64, [own.count], integers: own.indices.map { $0 == axis ? 1 : 0 }), "along_axis")
    return try (0..<count).map { (part) throws(Diagnostic) in
      let first = try writer.slice(firsts, axis: 0, from: part, to: part + 1, "first\(part)")
      let starts = try writer.binary("multiply", first, alongAxis, "starts\(part)")
      var shape = own
      shape[axis] = try computedExtent(checked, part, axis: axis, within: own[axis], output: part)
      return .tensor(try writer.add(Excerpt(shape), [x, starts], "part\(part)"))
    }
  }

  /// `x` with the elements before and after it that inputs 1 and 3 ask for, made by `mode`; negative numbers take elements away.
  func paddedByData(_ x: ValueID, _ mode: Pad.Mode) throws(Diagnostic) -> ValueID {
    let own = writer.shape(x)
    let (before, after) = try pads(rank: own.count)
    let total = try extended(own, [before, after], "total")
    let known = zip(own.indices, own).map { axis, extent -> Dim? in
      guard let front = writer.knownElement(before, axis), let back = writer.knownElement(after, axis) else { return nil }
      return extent + front + back
    }
    let shape = try computedShape(total, within: known, keeping: Set(known.indices.filter { known[$0] != nil }))
    if mode == .constant {
      let fill = try optional(2).map { (id) throws(Diagnostic) in try writer.reshape(id, [], "value") }
      return try writer.add(Excerpt(shape), [x, try writer.unary("negative", before, [:], "starts"), nil, fill], "")
    }
    // What is repeated is what is left after the negative pads.
    let cuts = try [before, after].map { (pads) throws(Diagnostic) in try writer.binary("minimum", pads, 0, "cuts") }
    let rest = try innerShape(try extended(own, cuts, "rest"), within: own, "rest")
    let cut = try writer.add(Excerpt(rest), [x, try writer.unary("negative", cuts[0], [:], "first")], "cut")
    let front = try writer.binary("maximum", before, 0, "front")
    return try writer.add(Excerpt(shape, mode: mode), [cut, try writer.unary("negative", front, [:], "starts")], "")
  }

  /// Extents with numbers added.
  private func extended(_ shape: Shape, _ numbers: [ValueID], _ label: String) throws(Diagnostic) -> ValueID {
    var sum = try writer.extents(shape, shape: [shape.count], "\(label)/extents")
    for (position, vector) in numbers.enumerated() { sum = try writer.binary("add", sum, vector, "\(label)\(position)") }
    return sum
  }

  /// What is added before and after each of `rank` axes.
  private func pads(rank: Int) throws(Diagnostic) -> (before: ValueID, after: ValueID) {
    let (pads, count) = try integers(1, "pads")
    let named = has(3) ? try integers(3, "axes") : nil
    let axes = named?.count ?? rank
    guard count == 2 * axes else { throw Diagnostic("\(count) pads for \(axes) axes", hint: "there are two for each") }
    let halves = try (0..<2).map { (side) throws(Diagnostic) in
      try writer.slice(pads, axis: 0, from: side * axes, to: (side + 1) * axes, "half\(side)")
    }
    guard let named else { return (halves[0], halves[1]) }
    let places = try writer.cast(try writer.matches(named.vector, rank: rank, "axes"), to: .int64, "axes/numbers")
    let spread = try halves.map { (half) throws(Diagnostic) in
      let column = try writer.reshape(half, [Dim(axes), 1], "column")
      return try writer.reduce(.sum, try writer.binary("multiply", column, places, "placed"), axes: [0], "spread")
    }
    return (spread[0], spread[1])
  }
}
