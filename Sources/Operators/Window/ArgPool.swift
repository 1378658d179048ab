import GraphIR
import LoopIR
import Tensors

/// Where the greatest element under a sliding window lies: `[N, spatial…, C] → [N, positions…, C]`. Elements are counted as those
/// of `[N, C, spatial…]`. Of equal ones it is the first; NaNs are passed over; a window without elements gives -1.
package struct ArgPool: Operator {
  package static let name = "arg_pool"
  package static var attributes: [Attribute<ArgPool>] {
    [
      .ints("size", \.size), .ints("strides", \.window.strides), .ints("dilations", \.window.dilations),
      .ints("pads_before", \.window.padsBefore), .ints("pads_after", \.window.padsAfter), .bool("round_up", \.window.roundsUp),
      .bool("column_major", \.isColumnMajor), .choice("dtype", \.dtype),
    ]
  }
  /// Taps along each spatial axis.
  package var size: [Int] = []
  package var window = SlidingWindow()
  /// Of the spatial axes the first runs fastest, not the last.
  package var isColumnMajor = false
  /// The type of the result: int32 or int64.
  package var dtype = DType.int64

  package init() {}
  package init(size: [Int], _ window: SlidingWindow = SlidingWindow(), isColumnMajor: Bool = false, dtype: DType = .int64) {
    self.size = size
    self.window = window
    self.isColumnMajor = isColumnMajor
    self.dtype = dtype
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    try checkIndexType(dtype)
    return [TensorType(dtype, try Pool(.max, size: size, window).infer(inputs)[0].shape)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let input = try inputs.required(0)
    let dims = try resultDims(inputs)
    let (spatial, channels) = (Array(input.dims[1...size.count]), input.dims[input.rank - 1])
    let places = spatial.reduce(1, *)
    let members = window.members(input: spatial, size: size, output: Array(dims[1...size.count]))
    let keys = input.orderKeys(nanIsLowest: true)
    let counted = Indices(spatial).map { index in order.reduce(0) { $0 * spatial[$1] + index[$1] } }
    var result: [Int64] = []
    for n in 0..<dims[0] {
      for window in members {
        for c in 0..<channels {
          let row = window.map { keys[(n * places + $0) * channels + c] }
          let best = row.max().flatMap { row.firstIndex(of: $0) }
          result.append(best.map { Int64((n * channels + c) * places + counted[window[$0]]) } ?? -1)
        }
      }
    }
    return [Tensor(dtype, dims, integers: result)]
  }

  /// Spatial axes, the slowest first.
  private var order: [Int] { isColumnMajor ? size.indices.reversed() : Array(size.indices) }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (input, output) = (operands.input(0), operands.output)
    let nest = WindowNest(window, input: input, output: output, kernel: size)
    let extents = size.indices.map { input.extent($0 + 1) }
    let type = input.dtype.accumulator
    return [
      nest.overOutputs { n, position in
        loop("c", to: output.extent(output.rank - 1)) { c in
          local("best", type.lowest) { best in
            local("at", -1) { at in
              nest.overTaps(position) { _, place in
                local("element", input[[n] + place + [c]].converted(to: type)) { element in
                  let wins = Expr.binary(.or, at.value .< 0, element.value .> best.value)
                  at.set(.select(wins, order.reduce(0) { $0 * extents[$1] + place[$1] }, at.value))
                  best.set(maximum(best.value, element.value))
                }
              }
              let image = (n * output.extent(output.rank - 1) + c) * extents.reduce(1, *)
              operands.store([n] + position + [c], .select(at.value .< 0, at.value, image + at.value).converted(to: dtype))
            }
          }
        }
      }
    ]
  }
}
