import GraphIR
import Operators
import Tensors

/// Operators that give a tensor another shape, one that is computed when the model runs.
extension ONNXCall {
  /// `x` under the shape that input 1 asks for.
  func reshapedByData(_ x: ValueID, allowsZero: Bool) throws(Diagnostic) -> ValueID {
    let own = writer.shape(x)
    let (asked, rank) = try integers(1, "shape")
    let resolved = try writer.add(ResolvedShape(own, allowsZero: allowsZero), [asked], "resolved")
    let known = (0..<rank).map { (axis) -> Dim? in
      guard let dim = writer.knownElement(asked, axis), dim != -1 else { return nil }
      return dim == 0 && !allowsZero && axis < own.count ? own[axis] : dim
    }
    // What is left for a single axis is no more than all elements.
    let limit = known.filter { $0 == nil }.count == 1 ? own.elementCount : nil
    let kept = Set(known.indices.filter { known[$0] != nil })
    let shape = try computedShape(resolved, within: known.map { $0 ?? limit }, keeping: kept)
    return try writer.add(Reshape(exactly: shape, verified: [try verified(resolved, element: rank, "surplus")]), [x], "")
  }

  /// `x` without the axes that input 1 names, which have an extent of 1.
  func squeezedByData(_ x: ValueID) throws(Diagnostic) -> ValueID {
    let (own, (axes, count)) = (writer.shape(x), try integers(1, "axes"))
    guard count <= own.count else { throw Diagnostic("\(count) axes of \(writer.type(x)) are squeezed") }
    let isGone = try writer.reduce(.any, try writer.matches(axes, rank: own.count, "axes"), axes: [0], "is_gone")
    let extents = try writer.extents(own, shape: [own.count], "extents")
    let isOne = try writer.binary("equal", extents, 1, "is_one")
    let gone = try writer.count(try writer.binary("logical_and", isGone, isOne, "gone"), "gone_count")
    let kept = try writer.marked(extents, try writer.unary("logical_not", isGone, [:], "is_kept"), count: own.count - count, "kept")
    let shape = try computedShape(kept, within: [Dim?](repeating: limit(own), count: own.count - count))
    let missing = try verified(try writer.binary("subtract", gone, Double(count), "missing"), "missing")
    return try writer.add(Reshape(exactly: shape, verified: [missing]), [x], "")
  }

  /// `x` with further axes of extent 1 where input 1 says.
  func unsqueezedByData(_ x: ValueID) throws(Diagnostic) -> ValueID {
    let (own, (axes, count)) = (writer.shape(x), try integers(1, "axes"))
    let rank = own.count + count
    let isNew = try writer.reduce(.any, try writer.matches(axes, rank: rank, "axes"), axes: [0], "is_new")
    let isOld = try writer.unary("logical_not", isNew, [:], "is_old")
    let place = try writer.binary("subtract", try writer.places(isOld, "places"), 1, "place")
    let extents = try writer.extents(own + [1], shape: [own.count + 1], "extents")
    let old = try writer.add(Gather(axis: 0), [extents, place], "old")
    let wanted = try writer.apply("where", [.value(isNew), .number(1), .value(old)], "wanted")
    let shape = try computedShape(wanted, within: [Dim?](repeating: limit(own), count: rank))
    let missing = try writer.binary("subtract", try writer.count(isNew, "new"), Double(count), "missing")
    return try writer.add(Reshape(exactly: shape, verified: [try verified(missing, "missing")]), [x], "")
  }

  /// `x` broadcast with the shape that input 1 asks for.
  func expandedByData(_ x: ValueID) throws(Diagnostic) -> ValueID {
    var (asked, count) = try integers(1, "shape")
    let rank = max(count, writer.rank(x))
    let own = Shape(repeating: 1, count: rank - writer.rank(x)) + writer.shape(x)
    if count < rank {
      let ones = writer.constant(Tensor(.int64, [rank - count], integers: [Int64](repeating: 1, count: rank - count)), "ones")
      asked = try writer.concatenate([ones, asked], axis: 0, "aligned")
    }
    let extents = try writer.extents(own, shape: [rank], "extents")
    let isFree = try writer.binary("equal", extents, 1, "is_free")
    let isOne = try writer.binary("equal", asked, 1, "is_one")
    let fits = try writer.binary("logical_or", isOne, try writer.binary("equal", asked, extents, "is_equal"), "fits")
    let fixed = try writer.apply("where", [.value(fits), .value(extents), .number(-1)], "fixed")
    let wanted = try writer.apply("where", [.value(isFree), .value(asked), .value(fixed)], "wanted")
    let sound = try writer.reduce(.min, wanted, axes: [0], keepDims: true, "least")
    let isSound = try writer.binary("greater_equal", sound, 0, "sound")
    let checked = try writer.apply("where", [.value(isSound), .value(wanted), .number(-1)], "checked")
    let limits = own.indices.map { own[$0] == 1 ? writer.knownElement(asked, $0) : own[$0] }
    let target = try computedShape(checked, within: limits, keeping: Set(limits.indices.filter { limits[$0] != nil }))
    return try writer.add(Expand(target), [x], "")
  }

  /// The whole of `x` as often along each axis as input 1 says.
  func tiledByData(_ x: ValueID) throws(Diagnostic) -> ValueID {
    let (own, (repeats, count)) = (writer.shape(x), try integers(1, "repeats"))
    guard count == own.count else { throw Diagnostic("\(count) repeats for \(writer.type(x))", hint: "give one for each axis") }
    let wanted = try writer.binary("multiply", repeats, try writer.extents(own, shape: [count], "extents"), "wanted")
    let known = own.indices.map { axis in writer.knownElement(repeats, axis).map { $0 * own[axis] } }
    let shape = try computedShape(wanted, within: known, keeping: Set(known.indices.filter { known[$0] != nil }))
    let zeros = writer.constant(Tensor(.int64, [count], integers: [Int64](repeating: 0, count: count)), "zeros")
    return try writer.add(Excerpt(shape, mode: .wrap), [x, zeros], "")
  }

  /// What every extent of a shape is at most.
  private func limit(_ shape: Shape) -> Dim? { shape.map { writer.largest($0) ?? 1 << 30 }.max().map { Dim($0) } ?? 1 }
}
