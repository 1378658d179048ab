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

  /// Sums before anything is added: zero, or the bias in every row.
  func sums(_ bias: Tensor?, rows: Int) -> [Double] {
    guard let bias else { return [Double](repeating: 0, count: rows * outputs) }
    let row = bias.doubles
    return (0..<rows).flatMap { _ in row }
  }
}
