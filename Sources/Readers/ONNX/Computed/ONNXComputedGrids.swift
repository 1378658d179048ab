import GraphIR
import Operators
import Tensors

/// Grids and images of sizes that are computed when the model runs.
extension ONNXCall {
  /// The middle of `x`, or `x` in the middle of zeros: along `axes` as many elements as input 1 says.
  func centredByData(_ x: ValueID, _ axes: [Int]) throws(Diagnostic) -> ValueID {
    let (own, (asked, count)) = (writer.shape(x), try integers(1, "shape"))
    guard count == axes.count else { throw Diagnostic("\(count) extents for \(axes.count) axes", hint: "there is one for each") }
    let extents = try writer.extents(own, shape: [own.count], "extents")
    let sources = own.indices.map { axis in Int64(axes.firstIndex(of: axis).map { own.count + $0 } ?? axis) }
    let both = try writer.concatenate([extents, asked], axis: 0, "both")
    let places = writer.constant(Tensor(.int64, [own.count], integers: sources), "places")
    let wanted = try writer.add(Gather(axis: 0), [both, places], "wanted")
    // Rounded towards zero, so that the odd element is cut off, or added, at the end.
    let starts = try writer.binary("truncate_divide", try writer.binary("subtract", extents, wanted, "surplus"), 2, "starts")
    let limits = own.indices.map { axes.contains($0) ? nil : own[$0] }
    let shape = try computedShape(wanted, within: limits, keeping: Set(own.indices).subtracting(axes))
    return try writer.add(Excerpt(shape), [x, starts], "")
  }

  /// The places along axis `axis` of a grid over `[-1, 1]`, whose size `[N, C, …]` is input 1, as `[1, …, places, …, 1]`.
  func gridLineByData(_ axis: Int, _ rank: Int, _ dtype: DType, isAligned: Bool) throws(Diagnostic) -> ValueID {
    let (size, count) = try integers(1, "size")
    guard count == rank + 2 else {
      throw Diagnostic("\(count) extents of a grid of rank \(rank)", hint: "they are N, C and one for each axis")
    }
    let extent = try computedExtent(size, axis + 2, axis: axis + 1, within: nil)
    let wanted = try writer.slice(size, axis: 0, from: axis + 2, to: axis + 3, "extent\(axis)")
    var steps = try writer.cast(wanted, to: .float64, "number\(axis)")
    if isAligned { steps = try writer.binary("maximum", try writer.binary("subtract", steps, 1, "gaps\(axis)"), 1, "steps\(axis)") }
    let places = try writer.cast(try writer.positions(extent, "places\(axis)"), to: .float64, "indices\(axis)")
    // Twice the index, from the middle of the first cell or from its edge, over the number of steps.
    let doubled = try writer.binary("multiply", places, 2, "doubled\(axis)")
    let twice = try writer.binary("add", doubled, isAligned ? 0 : 1, "from_edge\(axis)")
    let line = try writer.binary("subtract", try writer.binary("divide", twice, steps, "share\(axis)"), 1, "line\(axis)")
    var shape = Shape(repeating: 1, count: rank + 2)
    shape[axis + 1] = extent
    return try writer.reshape(try writer.cast(line, to: dtype, "line\(axis)/cast"), shape, "line\(axis)/broad")
  }

  /// Each element of `x` repeated along every axis as often as the factors in input 1 say, the nearest one where they are fractions.
  func upsampledByData(_ x: ValueID) throws(Diagnostic) -> ValueID {
    let (own, scales) = (writer.shape(x), try input(1))
    guard writer.shape(scales) == [Dim(own.count)], writer.dtype(scales).isFloat else {
      throw Diagnostic("the scales are \(writer.type(scales))", hint: "there is one number for each axis")
    }
    let extents = try writer.cast(try writer.extents(own, shape: [own.count], "extents"), to: writer.dtype(scales), "numbers")
    let wanted = try writer.unary("floor", try writer.binary("multiply", extents, scales, "scaled"), [:], "wanted")
    let shape = try computedShape(try writer.cast(wanted, to: .int64, "whole"), within: own.map { _ in nil })
    var result = x
    for (axis, extent) in shape.enumerated() {
      let scale = try writer.slice(scales, axis: 0, from: axis, to: axis + 1, "scale\(axis)")
      let places = try writer.cast(try writer.positions(extent, "places\(axis)"), to: writer.dtype(scales), "indices\(axis)")
      let nearest = try writer.unary("floor", try writer.binary("divide", places, scale, "share\(axis)"), [:], "nearest\(axis)")
      let sources = try writer.cast(nearest, to: .int64, "sources\(axis)")
      result = try writer.add(Gather(axis: axis), [result, sources], axis == own.count - 1 ? "" : "repeated\(axis)")
    }
    return result
  }
}
