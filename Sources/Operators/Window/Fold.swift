import GraphIR
import LoopIR
import Tensors

/// Windows added up where they overlap: `[N, positions…, taps…, C] → [N, size…, C]`. What falls into the padding is lost. The
/// transpose of cutting a tensor of the extents `size` into windows.
package struct Fold: Operator {
  package static let name = "fold"
  package static var attributes: [Attribute<Fold>] {
    [
      .dims("size", \.size), .ints("strides", \.window.strides), .ints("dilations", \.window.dilations),
      .ints("pads_before", \.window.padsBefore), .ints("pads_after", \.window.padsAfter),
    ]
  }
  /// The spatial extents of the result.
  package var size: Shape = []
  package var window = SlidingWindow()

  package init() {}
  package init(size: Shape, _ window: SlidingWindow = SlidingWindow()) {
    self.size = size
    self.window = window
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let input = try inputs.required(0)
    let axes = size.count
    guard axes > 0, input.rank == 2 * axes + 2, let kernel = Array(input.shape[(axes + 1)...2 * axes]).constants else {
      throw Diagnostic(
        "windows \(input) are added up to \(size)", hint: "[N, …, …, C] is expected: positions and taps, known ones, for each axis")
    }
    guard input.dtype != .bool else { throw Diagnostic("sums of \(input)", hint: "cast it to numbers") }
    try window.check(rank: axes)
    for axis in size.indices {
      let expected = try window.along(axis).positions(size[axis], kernel: kernel[axis])
      guard input.shape[axis + 1] == expected else {
        throw Diagnostic("axis \(axis + 1) of \(input) holds the windows of an axis of \(size[axis])", hint: "there are \(expected)")
      }
    }
    return [TensorType(input.dtype, [input.shape[0]] + size + [input.shape[input.rank - 1]])]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let input = try inputs.required(0)
    let (dims, axes, x) = (try resultDims(inputs), size.count, input.doubles)
    let (spatial, channels) = (Array(dims[1...axes]), dims[axes + 1])
    let (positions, kernel) = (Array(input.dims[1...axes]), Array(input.dims[(axes + 1)...2 * axes]))
    let (places, windows, taps) = (spatial.reduce(1, *), positions.reduce(1, *), kernel.reduce(1, *))
    var sums = [Double](repeating: 0, count: dims.reduce(1, *))
    for n in 0..<dims[0] {
      window.forEachTap(input: spatial, kernel: kernel, output: positions) { position, tap, place in
        let (target, source) = ((n * places + place) * channels, ((n * windows + position) * taps + tap) * channels)
        for c in 0..<channels { sums[target + c] += x[source + c] }
      }
    }
    return [Tensor(input.dtype, dims, sums)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (input, output, axes) = (operands.input(0), operands.output, size.count)
    let wide = input.dtype.accumulator
    let nest = WindowNest(
      window: window, input: Array(input.shape[0...axes]) + [input.shape[input.rank - 1]], output: output.shape,
      kernel: input.shape[(axes + 1)...2 * axes].compactMap(\.constant))
    return [
      nest.overOutputs { n, position in
        loop("c", to: output.extent(axes + 1)) { c in
          local("sum", .constant(0, wide)) { sum in
            nest.overSources(position) { taps, place in sum.add(input[[n] + place + taps + [c]].converted(to: wide)) }
            operands.store([n] + position + [c], sum.value.converted(to: input.dtype))
          }
        }
      }
    ]
  }

  package func substituting(_ dims: [String: Dim]) -> Fold {
    var copy = self
    copy.size = size.map { $0.substituting(dims) }
    return copy
  }
}
