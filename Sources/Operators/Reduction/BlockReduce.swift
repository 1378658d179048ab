import GraphIR
import LoopIR
import Tensors

/// One number from each block of neighbours: axis `a` is cut into `shape[a]` blocks of `counts[a]` elements each, and what is made of
/// a block is told by `function`, as for `Reduce`. Extents that a run computes choose the axes to reduce: an axis stays as it is with
/// blocks of 1, and is reduced as a single block. Whoever makes the node has `shape[a] * counts[a]` equal to the extent of the axis.
package struct BlockReduce: Operator {
  package static let name = "block_reduce"
  package static var attributes: [Attribute<BlockReduce>] {
    [.choice("function", \.function), .dims("shape", \.shape), .dims("counts", \.counts)]
  }
  package var function = Reduce.Function.sum
  /// Extents of the result.
  package var shape: Shape = []
  /// Elements of a block along each axis.
  package var counts: Shape = []

  package init() {}
  package init(_ function: Reduce.Function, shape: Shape, counts: Shape) {
    self.function = function
    self.shape = shape
    self.counts = counts
  }

  package var acceptsEpilogue: Bool { true }

  /// The same reduction of a tensor whose every axis is cut in two: blocks, and elements of a block.
  private var reduce: Reduce { Reduce(function, axes: shape.indices.map { 2 * $0 + 1 }) }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    let isPossible = zip(zip(shape, counts), x.shape).allSatisfy { parts, extent in
      guard let blocks = parts.0.constant, let count = parts.1.constant else { return true }
      return blocks >= 0 && count >= 0 && blocks * count == extent.constant ?? blocks * count
    }
    guard shape.count == x.rank, counts.count == x.rank, isPossible else {
      throw Diagnostic("\(x) is cut into \(shape) blocks of \(counts)", hint: "along each axis their product must be the extent")
    }
    guard x.rank > 0 else { throw Diagnostic("\(x) is cut into blocks", hint: "a tensor with axes is needed") }
    return [TensorType(try reduce.infer([TensorType(x.dtype, cut)])[0].dtype, shape)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    guard let dims = cut.constants, dims.reduce(1, *) == x.count else { throw Diagnostic("\(x.type) is no \(shape) blocks of \(counts)") }
    return try reduce.evaluate([x.reshaped(dims)])
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let x = operands.input(0)
    let strides = zip(x.strides, counts).flatMap { [$0 * $1, $0] }
    return reduce.nest(TensorView(x.buffer, TensorType(x.dtype, cut), strides: strides, offset: x.offset), operands)
  }

  private var cut: Shape { zip(shape, counts).flatMap { [$0, $1] } }

  package func substituting(_ dims: [String: Dim]) -> BlockReduce {
    BlockReduce(function, shape: shape.map { $0.substituting(dims) }, counts: counts.map { $0.substituting(dims) })
  }
}
