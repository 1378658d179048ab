import Tensors

extension SlidingWindow {
  /// The definition of a sliding window: calls `visit` for every output position, and every tap of the window there that falls
  /// into the input. All three are counted in row-major order over the spatial axes.
  func forEachTap(
    input: [Int], kernel: [Int], output: [Int], _ visit: (_ output: Int, _ tap: Int, _ input: Int) -> Void
  ) {
    func walk(_ axis: Int, _ outer: (output: Int, tap: Int, input: Int)) {
      if axis == output.count { return visit(outer.output, outer.tap, outer.input) }
      let window = along(axis)
      for o in 0..<output[axis] {
        for r in 0..<kernel[axis] {
          let position = o * window.stride - window.before + r * window.dilation
          guard position >= 0, position < input[axis] else { continue }
          walk(axis + 1, (outer.output * output[axis] + o, outer.tap * kernel[axis] + r, outer.input * input[axis] + position))
        }
      }
    }
    walk(0, (0, 0, 0))
  }

  /// For each output position the input positions under its window, both in row-major order over the spatial axes.
  func members(input: [Int], size: [Int], output: [Int]) -> [[Int]] {
    var members = [[Int]](repeating: [], count: output.reduce(1, *))
    forEachTap(input: input, kernel: size, output: output) { position, _, place in members[position].append(place) }
    return members
  }
}

/// The product of one row of input channels with the weights of one tap, `[inputs / groups, outputs]`.
struct TapProduct {
  let groups: Int
  let inputs: Int
  let outputs: Int

  /// Adds to row `row` of `sums` the product of row `place` of `x` with tap `tap` of `weights`.
  func add(to sums: inout [Double], row: Int, _ x: [Double], place: Int, _ weights: [Double], tap: Int) {
    let (perGroup, width) = (inputs / groups, outputs / groups)
    sums.withUnsafeMutableBufferPointer { sums in
      for channel in 0..<inputs {
        let first = channel / perGroup * width
        let start = (tap * perGroup + channel % perGroup) * outputs + first
        let factor = x[place * inputs + channel]
        for k in 0..<width { sums[row * outputs + first + k] += factor * weights[start + k] }
      }
    }
  }

  /// The convolution of `input`: its result has the type `type`.
  func swept(_ window: SlidingWindow, _ input: Tensor, _ weights: Tensor, _ bias: Tensor?, _ type: TensorType) -> Tensor {
    let dims = type.shape.constants ?? []
    let spatial = SpatialExtents(input: input.dims, kernel: weights.dims, output: dims)
    let (x, w) = (input.doubles, weights.doubles)
    var sums = start(bias, dims)
    for n in 0..<dims[0] {
      window.forEachTap(input: spatial.input, kernel: spatial.kernel, output: spatial.output) { output, tap, place in
        add(to: &sums, row: n * spatial.positions + output, x, place: n * spatial.places + place, w, tap: tap)
      }
    }
    return Tensor(type.dtype, dims, sums)
  }

  /// The transposed convolution: what `swept` reads, it writes.
  func scattered(_ window: SlidingWindow, _ input: Tensor, _ weights: Tensor, _ bias: Tensor?, _ dims: [Int]) -> Tensor {
    let spatial = SpatialExtents(input: input.dims, kernel: weights.dims, output: dims)
    let (x, w) = (input.doubles, weights.doubles)
    var sums = start(bias, dims)
    for n in 0..<dims[0] {
      window.forEachTap(input: spatial.output, kernel: spatial.kernel, output: spatial.input) { place, tap, output in
        add(to: &sums, row: n * spatial.positions + output, x, place: n * spatial.places + place, w, tap: tap)
      }
    }
    return Tensor(input.dtype, dims, sums)
  }

  /// Sums before anything is added: zero, or the bias in every row.
  private func start(_ bias: Tensor?, _ dims: [Int]) -> [Double] {
    let row = bias?.doubles ?? [Double](repeating: 0, count: outputs)
    return (0..<dims.dropLast().reduce(1, *)).flatMap { _ in row }
  }
}

/// The spatial part of the extents of `[N, spatial…, C]` and of weights `[taps…, _, _]`.
private struct SpatialExtents {
  let input: [Int]
  let kernel: [Int]
  let output: [Int]

  init(input: [Int], kernel: [Int], output: [Int]) {
    self.input = Array(input.dropFirst().dropLast())
    self.kernel = Array(kernel.dropLast(2))
    self.output = Array(output.dropFirst().dropLast())
  }

  var places: Int { input.reduce(1, *) }
  var positions: Int { output.reduce(1, *) }
}
