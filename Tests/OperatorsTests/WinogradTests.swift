import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

struct WinogradCase: Sendable, CustomTestStringConvertible {
  var input: [Int]
  var outputs: Int
  var tile = 4
  var block = 1
  var channels: Int?
  /// Channels of a block of the weights.
  var width = 4
  var before = [1, 1]
  var after = [1, 1]
  var pool = 1

  var testDescription: String { "\(input) to \(outputs), \(tile) by \(tile), \(block) at a time" }

  var op: WinogradConvolution {
    WinogradConvolution(
      tile: tile, block: block, channels: channels ?? outputs, outputs: outputs, padsBefore: before, padsAfter: after, pool: pool)
  }

  /// The taps `[3, 3, C, K]` as the operator takes them.
  func transformed(_ taps: Tensor) throws -> Tensor {
    let factors = try #require(WinogradTransform.of(size: tile)).filterFactors
    let (kept, inputs) = (op.channels, input[3])
    let dims = [outputs / kept, factors.count, kept.ceilingDivision(by: width), inputs, width]
    let values = taps.doubles
    var result: [Double] = []
    for position in 0..<dims.reduce(1, *) {
      let (rest, lane) = position.quotientAndRemainder(dividingBy: width)
      let (c, block) = (rest % inputs, rest / inputs % dims[2])
      let (product, group) = (rest / inputs / dims[2] % dims[1], rest / inputs / dims[2] / dims[1])
      let within = block * width + lane
      let k = group * kept + within
      result.append(within < kept ? (0..<9).reduce(0) { $0 + factors[product][$1] * values[($1 * inputs + c) * outputs + k] } : 0)
    }
    return Tensor(taps.dtype, dims, result)
  }
}

@Suite struct WinogradTests {
  static let cases: [WinogradCase] = [
    .init(input: [1, 4, 4, 1], outputs: 1, width: 1),
    .init(input: [2, 9, 7, 3], outputs: 5, block: 2),
    .init(input: [3, 6, 5, 2], outputs: 4, block: 5),
    .init(input: [1, 8, 12, 2], outputs: 8, block: 4, channels: 4),
    .init(input: [1, 5, 6, 3], outputs: 6, tile: 2, block: 4, channels: 3, width: 2),
    .init(input: [1, 7, 7, 2], outputs: 4, tile: 2, block: 100, before: [0, 0], after: [0, 0]),
    .init(input: [1, 6, 3, 2], outputs: 4, block: 3, before: [2, 0], after: [3, 4]),
    .init(input: [1, 1, 1, 2], outputs: 3, tile: 2, before: [5, 1], after: [1, 6]),
    .init(input: [2, 9, 7, 2], outputs: 5, tile: 2, block: 3, before: [0, 1], pool: 2),
    .init(input: [1, 11, 12, 2], outputs: 4, block: 4, width: 2, pool: 2),
    .init(input: [1, 9, 13, 1], outputs: 3, block: 2, pool: 4),
  ]

  @Test(arguments: cases)
  func isTheConvolutionOfItsTaps(sample: WinogradCase) throws {
    var generator = SeededGenerator(5)
    let x = Tensor.random(.float64, sample.input, using: &generator)
    let taps = Tensor.random(.float64, [3, 3, sample.input[3], sample.outputs], using: &generator)
    let bias = Tensor.random(.float64, [sample.outputs], using: &generator)
    let direct = Convolution(SlidingWindow(padsBefore: sample.before, padsAfter: sample.after))
    var expected = try direct.evaluate([x, taps, bias])[0]
    if sample.pool > 1 {
      let size = [sample.pool, sample.pool]
      expected = try Pool(.max, size: size, SlidingWindow(strides: size)).evaluate([expected])[0]
    }
    let actual = try sample.op.evaluate([x, sample.transformed(taps), bias])[0]
    #expect(distance(expected, actual) < 1e-12)
  }

  @Test(arguments: cases, [false, true])
  func lowersToItsMeaning(sample: WinogradCase, hasBias: Bool) throws {
    let weights = try sample.transformed(
      Tensor(.float32, [3, 3, sample.input[3], sample.outputs], [Double](repeating: 0, count: 9 * sample.input[3] * sample.outputs)))
    let types = [TensorType(.float32, Shape(sample.input)), weights.type] + (hasBias ? [TensorType(.float32, [Dim(sample.outputs)])] : [])
    for draw in Draw.allCases { #expect(try disagreement(sample.op, types, seed: 3, draw: draw) < 2e-5, "\(draw)") }
  }

  @Test func refusesWhatDoesNotFit() throws {
    let x = TensorType(.float32, [1, 8, 8, 4])
    var op = WinogradConvolution(tile: 4, block: 1, channels: 8, outputs: 8)
    #expect(throws: Diagnostic.self) { try op.infer([x, TensorType(.float32, [1, 16, 2, 4, 4])]) }
    #expect(throws: Diagnostic.self) { try op.infer([x, TensorType(.float32, [36, 2, 4, 4])]) }
    op.channels = 3
    #expect(throws: Diagnostic.self) { try op.infer([x, TensorType(.float32, [1, 36, 2, 4, 4])]) }
    op.channels = 8
    op.pool = 3
    #expect(throws: Diagnostic.self) { try op.infer([x, TensorType(.float32, [1, 36, 2, 4, 4])]) }
    op.pool = 1
    op.tile = 3
    #expect(throws: Diagnostic.self) { try op.infer([x, TensorType(.float32, [1, 25, 2, 4, 4])]) }
  }
}
