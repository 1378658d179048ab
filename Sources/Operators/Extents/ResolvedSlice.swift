import GraphIR
import LoopIR
import Tensors

/// What a slice by data takes of a tensor of the extents `extents`: an int64 vector of the first position along each axis, then the
/// steps, then how many positions there are, as `Slice` and `Excerpt` count.
///
/// Inputs, vectors of one type, int32 or int64, and of one length: starts, ends, optionally the axes (else the first ones), and
/// optionally the steps (else 1; 0 is taken for 1).
package struct ResolvedSlice: Operator {
  package static let name = "resolved_slice"
  package static var attributes: [Attribute<ResolvedSlice>] { [.dims("extents", \.extents)] }
  package var extents: Shape = []

  package init() {}
  package init(_ extents: Shape) { self.extents = extents }

  /// So that no sum overflows.
  private static let farthest = Int64(1) << 40

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let starts = try inputs.required(0)
    try checkIndexType(starts.dtype)
    try checkExtents(extents)
    for vector in [starts, try inputs.required(1), inputs.optional(2) ?? starts, inputs.optional(3) ?? starts] {
      guard vector.dtype == starts.dtype, vector.shape == starts.shape, vector.rank == 1, let count = vector.shape[0].constant,
        count <= extents.count
      else {
        throw Diagnostic(
          "a slice of \(extents) is given by \(vector)", hint: "vectors of one type and of one number for each axis are needed")
      }
    }
    return [TensorType(.int64, [Dim(3 * extents.count)])]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    guard let dims = extents.constants else { throw Diagnostic("the extents \(extents) are not settled") }
    let (starts, ends) = (try inputs.required(0).integers, try inputs.required(1).integers)
    let rank = dims.count
    var result = dims.map { _ in Int64(0) } + dims.map { _ in 1 } + dims.map { Int64($0) }
    for position in starts.indices {
      let named = inputs.optional(2)?.integers[position] ?? Int64(position)
      let axis = Int(min(max(named < 0 ? named + Int64(rank) : named, 0), Int64(rank) - 1))
      let given = inputs.optional(3)?.integers[position] ?? 1
      let step = given == 0 ? 1 : min(max(given, -Self.farthest), Self.farthest)
      let extent = result[2 * rank + axis]
      let (first, last) = step > 0 ? (Int64(0), extent) : (-1, extent - 1)
      func place(_ value: Int64) -> Int64 { min(max(value < 0 ? value + extent : value, first), last) }
      let span = (place(ends[position]) - place(starts[position])) * step.signum()
      (result[axis], result[rank + axis]) = (place(starts[position]), step)
      result[2 * rank + axis] = max(0, (span + abs(step) - 1) / abs(step))
    }
    return [Tensor(.int64, [3 * rank], integers: result)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (output, rank) = (operands.output, extents.count)
    let count = operands.input(0).shape[0].constant ?? 0
    return extents.enumerated().flatMap { axis, extent in
      zip([0, 1, 2], [.int(0, .int64), .int(1, .int64), Expr(extent).converted(to: .int64)] as [Expr]).map { row, value in
        output.store([.index(row * rank + axis)], value)
      }
    } + (0..<count).flatMap { entry($0, operands) }
  }

  /// What one entry of the vectors says of its axis.
  private func entry(_ position: Int, _ operands: Operands) -> [Stmt] {
    let (output, rank) = (operands.output, extents.count)
    func number(_ value: Int) -> Expr { .int(Int64(value), .int64) }
    func input(_ place: Int, _ absent: Int) -> Expr {
      operands.optionalInput(place).map { $0[.index(position)].converted(to: .int64) } ?? number(absent)
    }
    func clamped(_ value: Expr, _ low: Expr, _ high: Expr) -> Expr { minimum(maximum(value, low), high) }
    let named = input(2, position)
    let axis = clamped(.select(named .< number(0), named + number(rank), named), number(0), number(rank - 1)).converted(to: .int32)
    let step = clamped(input(3, 1), number(-Int(Self.farthest)), number(Int(Self.farthest)))
    let prefix = "s\(position)_"
    return locals(prefix + "axis", [axis, .select(step .== number(0), number(1), step)]) { chosen in
      let isForward = chosen[1] .> number(0)
      local(prefix + "extent", output[.index(2 * rank) + chosen[0]]) { extent in
        let (first, last) = (Expr.select(isForward, number(0), number(-1)), Expr.select(isForward, extent.value, extent.value - number(1)))
        let places = [input(0, 0), input(1, 0)].map { clamped(.select($0 .< number(0), $0 + extent.value, $0), first, last) }
        locals(prefix + "place", places) { place in
          let span = Expr.select(isForward, place[1] - place[0], place[0] - place[1])
          let width = Expr.select(isForward, chosen[1], number(0) - chosen[1])
          output.store([chosen[0]], place[0])
          output.store([chosen[0] + .index(rank)], chosen[1])
          output.store([chosen[0] + .index(2 * rank)], maximum(number(0), .binary(.divide, span + width - number(1), width)))
        }
      }
    }
  }

  package func substituting(_ dims: [String: Dim]) -> ResolvedSlice { ResolvedSlice(extents.map { $0.substituting(dims) }) }
}
