import GraphIR
import LoopIR
import Tensors

/// A convolution of three by three taps by `WinogradTransform`, `[N, H, W, C] (+ [K]) → [N, positions…, K]`. The weights are transformed
/// filters as they are read: `[K / channels, reach², blocks, C, channels of a block]`, where the last block is filled up with zeros.
///
/// Squares of `tile` by `tile` results are computed in blocks of `block`: inputs are transformed, multiplied by the weights for
/// `channels` output channels at a time, and transformed back. Of each square of `pool` by `pool` results only the greatest is kept,
/// as a pooling behind the convolution would.
package struct WinogradConvolution: Operator {
  package static let name = "winograd_convolution"
  package static var attributes: [Attribute<WinogradConvolution>] {
    [
      .int("tile", \.tile), .int("block", \.block), .int("channels", \.channels), .int("outputs", \.outputs),
      .ints("pads_before", \.padsBefore), .ints("pads_after", \.padsAfter), .int("pool", \.pool),
    ]
  }
  /// Results along each axis of a square, 2 or 4.
  package var tile = 4
  /// Squares that go through all stages together.
  package var block = 1
  /// Output channels of which the products are kept; divides `outputs`.
  package var channels = 1
  /// Output channels.
  package var outputs = 1
  package var padsBefore: [Int] = [0, 0]
  package var padsAfter: [Int] = [0, 0]
  /// Results along each axis of which the greatest is kept; divides `tile`.
  package var pool = 1

  package init() {}
  package init(
    tile: Int, block: Int, channels: Int, outputs: Int, padsBefore: [Int] = [0, 0], padsAfter: [Int] = [0, 0], pool: Int = 1
  ) {
    self.tile = tile
    self.block = block
    self.channels = channels
    self.outputs = outputs
    self.padsBefore = padsBefore
    self.padsAfter = padsAfter
    self.pool = pool
  }

  package var acceptsEpilogue: Bool { true }
  private var window: SlidingWindow { SlidingWindow(padsBefore: padsBefore, padsAfter: padsAfter) }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let (x, weights) = (try inputs.required(0), try inputs.required(1))
    try window.check(rank: 2)
    guard let transform = WinogradTransform.of(size: tile) else { throw Diagnostic("the tile is \(tile)", hint: "it is 2 or 4") }
    guard x.rank == 4, x.dtype == .float32 || x.dtype == .float64, x.shape.dropFirst().allSatisfy({ $0.constant != nil }) else {
      throw Diagnostic("\(x) is convolved", hint: "floats [N, H, W, C] with known extents are expected")
    }
    guard block > 0, channels > 0, outputs > 0, outputs % channels == 0 else {
      throw Diagnostic("blocks of \(block) squares and \(channels) of \(outputs) channels", hint: "the channels divide all of them")
    }
    let width = weights.rank == 5 ? weights.shape[4].constant ?? 0 : 0
    let expected = [outputs / channels, transform.reach * transform.reach, width > 0 ? channels.ceilingDivision(by: width) : 0]
    guard width > 0, weights.dtype == x.dtype, weights.shape == expected.map({ Dim($0) }) + [x.shape[3], Dim(width)] else {
      throw Diagnostic(
        "\(x) is convolved with \(weights) to \(outputs) channels",
        hint: "\(expected) and \(x.shape[3]) times the width of a block are expected")
    }
    try inputs.checkBias(x.dtype, outputs)
    guard pool > 0, tile % pool == 0 else { throw Diagnostic("squares of \(pool) results are pooled", hint: "\(tile) is a multiple") }
    let spatial = try (0..<2).map { (axis) throws(Diagnostic) in
      let positions = try window.along(axis).positions(x.shape[axis + 1], kernel: 3)
      return pool == 1 ? positions : try WindowAxis(size: pool).positions(positions, kernel: pool)
    }
    return [TensorType(x.dtype, [x.shape[0]] + spatial + [Dim(outputs)])]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (x, weights) = (try inputs.required(0), try inputs.required(1))
    var whole = self
    whole.pool = 1
    let type = try whole.infer(inputs.map { $0?.type })[0]
    guard let transform = WinogradTransform.of(size: tile) else { throw Diagnostic("the tile is \(tile)") }
    let meaning = WinogradMeaning(
      transform: transform, before: padsBefore, input: x, weights: weights, bias: inputs.optional(2)?.doubles,
      outputs: type.shape.constants ?? [])
    let result = Tensor(type.dtype, type.shape.constants ?? [], meaning.values())
    return pool == 1 ? [result] : try Pool(.max, size: [pool, pool], SlidingWindow(strides: [pool, pool])).evaluate([result])
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    WinogradTransform.of(size: tile).map { WinogradNest(self, $0, operands).statements() } ?? []
  }

  package func workspaces(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [TensorType] {
    guard let x = inputs[0] else { return [] }
    let products = Dim((tile + 2) * (tile + 2))
    let squares = Dim(Swift.min(block, squareCount(outputs[0].shape)))
    return [TensorType(x.dtype, [products, squares, x.shape[3]]), TensorType(x.dtype, [products, squares, Dim(channels)])]
  }

  /// Of the convolution: what the transforms save is not taken off.
  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim {
    outputs[0].shape.elementCount * Dim(9 * pool * pool) * (inputs[0]?.shape[3] ?? 0)
  }

  /// What is kept of a square along each axis.
  var kept: Int { tile / pool }

  /// Squares of an image along the two axes of the output.
  func squares(_ output: Shape) -> [Int] { output[1...2].map { ($0.constant ?? 0).ceilingDivision(by: kept) } }

  /// Squares of all images, or of each where their number is not known.
  package func squareCount(_ output: Shape) -> Int { squares(output).reduce(Swift.max(1, output[0].constant ?? 1), *) }
}

/// `evaluate` in numbers.
private struct WinogradMeaning {
  let transform: WinogradTransform
  let before: [Int]
  let input: Tensor
  let weights: Tensor
  let bias: [Double]?
  /// Extents of the result.
  let outputs: [Int]

  func values() -> [Double] {
    let (x, u) = (input.doubles, weights.doubles)
    var result = [Double](repeating: 0, count: outputs.reduce(1, *))
    for n in 0..<outputs[0] {
      for top in stride(from: 0, to: outputs[1], by: transform.size) {
        for left in stride(from: 0, to: outputs[2], by: transform.size) { square(n, top, left, x, u, &result) }
      }
    }
    return result
  }

  private func square(_ n: Int, _ top: Int, _ left: Int, _ x: [Double], _ u: [Double], _ result: inout [Double]) {
    let (channels, count, reach) = (input.dims[3], outputs[3], transform.reach)
    var products = [[Double]](repeating: [Double](repeating: 0, count: reach * reach), count: count)
    for c in 0..<channels {
      let seen = (0..<reach * reach).map { element($0 / reach + top - before[0], $0 % reach + left - before[1], n, c, x) }
      let transformed = WinogradTransform.square(transform.input, seen)
      for e in transformed.indices where transformed[e] != 0 {
        for k in 0..<count { products[k][e] += transformed[e] * u[weight(e, c, k)] }
      }
    }
    for k in 0..<count {
      let values = WinogradTransform.square(transform.output, products[k])
      for (position, value) in values.enumerated() {
        let (row, column) = (top + position / transform.size, left + position % transform.size)
        guard row < outputs[1], column < outputs[2] else { continue }
        result[((n * outputs[1] + row) * outputs[2] + column) * count + k] = value + (bias?[k] ?? 0)
      }
    }
  }

  private func weight(_ product: Int, _ c: Int, _ k: Int) -> Int {
    let (group, within) = k.quotientAndRemainder(dividingBy: outputs[3] / weights.dims[0])
    let (block, lane) = within.quotientAndRemainder(dividingBy: weights.dims[4])
    return zip(weights.dims.dropFirst(), [product, block, c, lane]).reduce(group) { $0 * $1.0 + $1.1 }
  }

  private func element(_ row: Int, _ column: Int, _ n: Int, _ c: Int, _ x: [Double]) -> Double {
    guard row >= 0, column >= 0, row < input.dims[1], column < input.dims[2] else { return 0 }
    return x[((n * input.dims[1] + row) * input.dims[2] + column) * input.dims[3] + c]
  }
}
