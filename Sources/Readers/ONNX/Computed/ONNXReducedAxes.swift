import GraphIR
import Operators
import Tensors

/// The axes of a reduction: known when we compile, or computed when the model runs.
struct ONNXReducedAxes {
  private enum Axes {
    /// No axis: only what a function does to single elements is done.
    case none
    case known([Int], keepDims: Bool)
    /// Each axis is a single block, or of blocks of one element. `kept` is the shape without the reduced axes.
    case computed(shape: Shape, counts: Shape, kept: (shape: Shape, verified: Dim)?)
  }
  private let axes: Axes
  private let writer: GraphWriter

  /// Those of a node that reduces `x`, by its attributes and its input 1.
  init(_ call: ONNXCall, of x: ValueID) throws(Diagnostic) {
    writer = call.writer
    let rank = writer.rank(x)
    let keepDims = try call.attributes.flag("keepdims", default: true)
    let isNothing = try call.attributes.flag("noop_with_empty_axes")
    if rank > 0, try call.isComputed(1) {
      axes = try Self.computed(call, writer.shape(x), keepDims: keepDims)
      return
    }
    let given = try call.ints(1, orAttribute: "axes") ?? []
    let known = try given.map { (axis) throws(Diagnostic) in try normalisedAxis(axis, rank: rank) }
    axes = rank == 0 || known.isEmpty && isNothing ? .none : .known(known, keepDims: keepDims)
  }

  private static func computed(_ call: ONNXCall, _ shape: Shape, keepDims: Bool) throws(Diagnostic) -> Axes {
    let (writer, rank) = (call.writer, shape.count)
    let (named, count) = try call.integers(1, "axes")
    guard count <= rank else { throw Diagnostic("\(count) axes are reduced of \(shape)", hint: "name each once at most") }
    let isReduced = try writer.reduce(.any, try writer.matches(named, rank: rank, "axes"), axes: [0], "is_reduced")
    let missing = try writer.binary("subtract", try writer.count(isReduced, "reduced"), Double(count), "missing")
    let extents = try writer.extents(shape, shape: [rank], "extents")
    let left = try writer.apply("where", [.value(isReduced), .number(1), .value(extents)], "left")
    let isSound = try writer.binary("equal", missing, 0, "sound")
    let blocks = try writer.apply("where", [.value(isSound), .value(left), .number(-1)], "blocks")
    let counts = try writer.apply("where", [.value(isReduced), .value(extents), .number(1)], "counts")
    // An axis without elements is reduced to one.
    let limits = shape.map { $0 == 0 ? 1 : $0 }
    let inside = try call.innerShape(counts, within: limits, "counts")
    if keepDims { return .computed(shape: try call.computedShape(blocks, within: limits), counts: inside, kept: nil) }
    let isKept = try writer.unary("logical_not", isReduced, [:], "is_kept")
    let kept = try writer.marked(extents, isKept, count: rank - count, "kept")
    let limit = shape.compactMap { writer.largest($0) }.max().map { Dim($0) }
    let result = try call.computedShape(kept, within: [Dim?](repeating: limit, count: rank - count))
    return .computed(
      shape: try call.innerShape(blocks, within: limits, "blocks"), counts: inside,
      kept: (shape: result, verified: try call.verified(missing, "missing")))
  }

  /// `x` reduced by `function`.
  func reduce(_ function: Reduce.Function, _ x: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    switch axes {
    case .none:
      if [.sum, .mean, .max, .min, .prod, .any, .all].contains(function) { return x }
      let column = try writer.reshape(x, writer.shape(x) + [1], "elements")
      return try writer.add(Reduce(function, axes: [writer.rank(x)]), [column], label)
    case .known(let axes, let keepDims): return try writer.add(Reduce(function, axes: axes, keepDims: keepDims), [x], label)
    case .computed(let shape, let counts, nil): return try writer.add(BlockReduce(function, shape: shape, counts: counts), [x], label)
    case .computed(let shape, let counts, let kept?):
      let blocks = try writer.add(BlockReduce(function, shape: shape, counts: counts), [x], "blocks")
      return try writer.add(Reshape(exactly: kept.shape, verified: [kept.verified]), [blocks], label)
    }
  }
}
