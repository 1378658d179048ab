import GraphIR
import LoopIR
import Tensors

/// The whole tensor again and again: `repeats[a]` copies along axis `a`, as NumPy's tile. Where there are fewer repeats than
/// axes, or fewer axes than repeats, ones are put in front.
package struct Tile: Operator {
  package static let name = "tile"
  package static var attributes: [Attribute<Tile>] { [.ints("repeats", \.repeats)] }
  package var repeats: [Int] = []

  package init() {}
  package init(_ repeats: [Int]) { self.repeats = repeats }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    try checkRepeats(repeats)
    return [TensorType(x.dtype, zip(extended(x.shape), aligned(x.rank)).map { $0 * Dim($1) })]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let x = try inputs.required(0)
    let dims = try resultDims(inputs)
    let skipped = dims.count - x.rank
    return [x.rearranged(dims) { index in x.dims.indices.map { index[$0 + skipped] % x.dims[$0] } }]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let x = operands.input(0)
    let (shape, counts) = (extended(x.shape), aligned(x.rank))
    return loops("r", Shape(counts)) { copy in
      loops("i", shape) { index in
        operands.store(shape.indices.map { copy[$0] * Expr(shape[$0]) + index[$0] }, x[Array(index.suffix(x.rank))])
      }
    }
  }

  private func extended(_ shape: Shape) -> Shape { Shape(repeating: 1, count: max(0, repeats.count - shape.count)) + shape }

  private func aligned(_ rank: Int) -> [Int] { [Int](repeating: 1, count: max(0, rank - repeats.count)) + repeats }
}

/// A count of copies is not negative, and small enough for extents to stay in range.
func checkRepeats(_ repeats: [Int]) throws(Diagnostic) {
  guard repeats.allSatisfy({ (0..<1 << 31).contains($0) }) else {
    throw Diagnostic("\(repeats) copies are asked for", hint: "each count must be between 0 and 2^31 - 1")
  }
}
