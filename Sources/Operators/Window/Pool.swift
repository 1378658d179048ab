import GraphIR
import LoopIR
import Tensors

/// One number for the elements under a window that slides over the spatial axes, for each channel:
/// `[N, spatial…, C] → [N, positions…, C]`.
package struct Pool: Operator {
  package static let name = "pool"
  package static var attributes: [Attribute<Pool>] {
    [
      .choice("kind", \.kind), .ints("size", \.size), .ints("strides", \.window.strides), .ints("dilations", \.window.dilations),
      .ints("pads_before", \.window.padsBefore), .ints("pads_after", \.window.padsAfter), .bool("count_padding", \.countsPadding),
      .bool("round_up", \.window.roundsUp), .bool("widens", \.widens),
    ]
  }
  package var kind = PoolKind.max
  /// Taps along each spatial axis.
  package var size: [Int] = []
  package var window = SlidingWindow()
  /// An average divides by the number of taps on the axis and its pads, not only of those on the axis.
  package var countsPadding = false
  /// Integers are summed in int32, the type of the result.
  package var widens = false

  package init() {}
  package init(
    _ kind: PoolKind, size: [Int], _ window: SlidingWindow = SlidingWindow(), countsPadding: Bool = false, widens: Bool = false
  ) {
    self.kind = kind
    self.size = size
    self.window = window
    self.countsPadding = countsPadding
    self.widens = widens
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let input = try inputs.required(0)
    guard input.rank >= 3, size.count == input.rank - 2 else {
      throw Diagnostic(
        "windows of \(size) slide over \(input)", hint: "give one size for each spatial axis of [N, …, C]: batch, spatial axes, channels")
    }
    try window.check(rank: size.count)
    try kind.check(input.dtype)
    var shape = input.shape
    for axis in size.indices {
      let along = window.along(axis)
      shape[axis + 1] = try along.positions(input.shape[axis + 1], kernel: size[axis])
      guard along.before < along.reach(size[axis]), along.after < along.reach(size[axis]) else {
        throw Diagnostic(
          "pads of \(along.before) and \(along.after) for a window that spans \(along.reach(size[axis]))",
          hint: "pads must be smaller than the window, which else would hold nothing")
      }
    }
    return [TensorType(try resultType(input.dtype), shape)]
  }

  private func resultType(_ dtype: DType) throws(Diagnostic) -> DType {
    guard widens else { return dtype }
    guard kind == .sum else { throw Diagnostic("\(kind.rawValue) pooling in int32", hint: "only sums are widened") }
    return try productType(dtype, dtype, widens: true)
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let input = try inputs.required(0)
    let type = try infer([input.type])[0]
    let dims = type.shape.constants ?? []
    let (spatial, output) = (Array(input.dims[1...size.count]), Array(dims[1...size.count]))
    let members = window.members(input: spatial, size: size, output: output)
    let covered = Indices(output).map { position in
      size.indices.reduce(1) { $0 * window.along($1).coveredTaps(at: position[$1], input: spatial[$1], kernel: size[$1]) }
    }
    let source = input.dtype == type.dtype ? input : Tensor(type.dtype, input.dims, integers: input.integers)
    return [pooled(source, kind, members, dims) { position, count in countsPadding ? covered[position] : count }]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (input, output) = (operands.input(0), operands.output)
    let nest = WindowNest(window, input: input, output: output, kernel: size)
    return [
      nest.overOutputs { n, position in
        loop("c", to: output.extent(output.rank - 1)) { c in
          let bounds = size.indices.map { nest.tapBounds($0, position[$0]) }
          let count = bounds.reduce(1) { $0 * ($1.to - $1.from) }
          let dtype = widens ? DType.int32 : input.dtype
          PoolNest(kind: kind, dtype: dtype, count: count, divisor: divisor(count, position, input)) { prefix, body in
            nest.overTaps(position, prefix: prefix) { _, place in body(input[[n] + place + [c]]) }
          }.reduced { operands.store([n] + position + [c], $0) }
        }
      }
    ]
  }

  private func divisor(_ count: Expr, _ position: [Expr], _ input: TensorView) -> Expr {
    if countsPadding, window.roundsUp {
      return size.indices.reduce(1) {
        $0 * window.along($1).coveredTaps(at: position[$1], input: input.shape[$1 + 1], kernel: size[$1])
      }
    }
    if countsPadding { return .index(size.reduce(1, *)) }
    return count.constantIndex == nil ? maximum(1, count) : count
  }
}

extension Pool: RowOperator {
  package func rowWindow(_ inputs: [TensorType?]) -> RowWindow? {
    size.count < 2 ? nil : RowWindow(axis: window.along(0), taps: size[0])
  }
}

/// The definition of pooling: `members` lists for each output position the input positions under its window, both in row-major
/// order, and `divisor` says what an average of so many elements at a position divides by.
func pooled(
  _ input: Tensor, _ kind: PoolKind, _ members: [[Int]], _ dims: [Int], divisor: (_ position: Int, _ count: Int) -> Int
) -> Tensor {
  let channels = input.dims[input.rank - 1]
  let places = input.dims.dropFirst().dropLast().reduce(1, *)
  let x = input.doubles
  var result: [Double] = []
  result.reserveCapacity(dims.reduce(1, *))
  for n in 0..<dims[0] {
    for (position, window) in members.enumerated() {
      for c in 0..<channels {
        result.append(kind.meaning(window.map { x[(n * places + $0) * channels + c] }, divisor: divisor(position, window.count)))
      }
    }
  }
  return Tensor(input.dtype, dims, result)
}
