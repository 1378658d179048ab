import GraphIR
import LoopIR
import Tensors

/// `Fold` for windows whose taps only a run knows: `[N, C · K, L]` and the taps along each axis, of which there are `K` in all, give
/// `[N, C, spatial…]`. Columns run over the positions of the windows, and rows over channels and then taps, the last axis fastest. What
/// belongs to no tap or position, or falls into the padding, is lost.
package struct BlockFold: Operator {
  package static let name = "block_fold"
  package static var attributes: [Attribute<BlockFold>] {
    [
      .int("channels", \.channels), .ints("size", \.size), .ints("strides", \.window.strides), .ints("dilations", \.window.dilations),
      .ints("pads_before", \.window.padsBefore), .ints("pads_after", \.window.padsAfter),
    ]
  }
  package var channels = 1
  /// The spatial extents of the result.
  package var size: [Int] = []
  package var window = SlidingWindow()

  package init() {}
  package init(channels: Int, size: [Int], _ window: SlidingWindow = SlidingWindow()) {
    self.channels = channels
    self.size = size
    self.window = window
  }

  /// More taps along an axis are as many, so that indices stay small.
  private static let mostTaps = 1 << 15

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (input, taps) = (try inputs.required(0), try inputs.required(1))
    try checkIndices(taps)
    try window.check(rank: size.count)
    guard !size.isEmpty, size.allSatisfy({ (1...1 << 20).contains($0) }), taps.shape == [Dim(size.count)] else {
      throw Diagnostic("\(taps) are the taps of windows on \(size)", hint: "there is one for each extent, and those are from 1 to 2^20")
    }
    guard input.dtype != .bool, input.rank == 3, channels > 0, input.shape[1].exactQuotient(by: Dim(channels))?.constant != nil else {
      throw Diagnostic("\(input) is folded into \(channels) channels", hint: "[N, channels · taps, positions] of numbers is expected")
    }
    return [TensorType(input.dtype, [input.shape[0], Dim(channels)] + Shape(size))]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (input, given) = (try inputs.required(0), try inputs.required(1).integers)
    let (dims, x) = (try resultDims(inputs), input.doubles)
    let kernel = given.map { Int(max(1, min($0, Int64(Self.mostTaps)))) }
    let counts = size.indices.map { count(of: $0, kernel[$0]) }
    let (taps, columns) = (input.dims[1] / channels, input.dims[2])
    let strides = rowMajorStrides(size)
    var sums = [Double](repeating: 0, count: dims.reduce(1, *))
    for (tap, tapIndex) in Array(Indices(kernel).prefix(taps)).enumerated() {
      for (column, position) in Array(Indices(counts).prefix(columns)).enumerated() {
        let place = size.indices.map { axis in
          let along = window.along(axis)
          return position[axis] * along.stride - along.before + tapIndex[axis] * along.dilation
        }
        guard zip(place, size).allSatisfy({ (0..<$1).contains($0) }) else { continue }
        let at = zip(place, strides).reduce(0) { $0 + $1.0 * $1.1 }
        for image in 0..<dims[0] * channels {
          sums[image * size.reduce(1, *) + at] += x[(image * taps + tap) * columns + column]
        }
      }
    }
    return [Tensor(input.dtype, dims, sums)]
  }

  /// Positions of a window along an axis.
  private func count(of axis: Int, _ taps: Int) -> Int {
    let along = window.along(axis)
    let room = size[axis] + along.before + along.after - along.reach(taps)
    return room < 0 ? 0 : room / along.stride + 1
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (input, given, output) = (operands.input(0), operands.input(1), operands.output)
    let taps = input.shape[1].exactQuotient(by: Dim(channels))?.constant ?? 1
    let kernel = size.indices.map { axis in
      let wide = indexFromFront(given[.index(axis)], 0)
      return minimum(maximum(wide, .constant(1, wide.dtype)), .constant(Double(Self.mostTaps), wide.dtype)).converted(to: .int32)
    }
    return loops("z", output.shape) { output.store($0, .constant(0, input.dtype)) }
      + locals("taps", kernel) { kernel in
        locals("positions", size.indices.map { count(of: $0, kernel[$0]) }) { counts in
          loop("n", to: input.extent(0)) { n in
            loop("c", to: .index(channels)) { c in
              loop("k", to: .index(taps)) { k in
                loop("l", to: input.extent(2)) { l in
                  added(output, [n, c], (digits(k, kernel), kernel), (digits(l, counts), counts), input[n, c * .index(taps) + k, l])
                }
              }
            }
          }
        }
      }
  }

  private func count(of axis: Int, _ taps: Expr) -> Expr {
    let along = window.along(axis)
    let room = Expr.index(size[axis] + along.before + along.after - 1) - (taps - 1) * .index(along.dilation)
    return .select(room .< 0, 0, maximum(room, 0) / .index(along.stride) + 1)
  }

  /// The index along each axis of element `number`; the first is too large where there is no such element.
  private func digits(_ number: Expr, _ extents: [Expr]) -> [Expr] {
    var (rest, found) = (number, [Expr]())
    for extent in extents.dropFirst().reversed() {
      found.insert(rest % maximum(extent, 1), at: 0)
      rest = rest / maximum(extent, 1)
    }
    return [rest] + found
  }

  /// Adds an element to the one that its tap and position fall on.
  private func added(
    _ output: TensorView, _ image: [Expr], _ taps: (index: [Expr], extents: [Expr]), _ positions: (index: [Expr], extents: [Expr]),
    _ element: Expr
  ) -> [Stmt] {
    locals("tap", taps.index) { tap in
      locals("position", positions.index) { position in
        branch(zip(tap + position, taps.extents + positions.extents).reduce(tap[0] .>= 0) { $0 .&& ($1.0 .< $1.1) }) {
          let places = size.indices.map { window.along($0).input(at: position[$0], tap: tap[$0]) }
          locals("place", places) { place in
            branch(zip(place, size).reduce(tap[0] .>= 0) { $0 .&& ($1.0 .>= 0) .&& ($1.0 .< .index($1.1)) }) {
              let wide = element.dtype.accumulator
              let sum = Expr.binary(.add, output[image + place].converted(to: wide), element.converted(to: wide))
              output.store(image + place, sum.converted(to: element.dtype))
            }
          }
        }
      }
    }
  }
}
