import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct DepthwiseConvolutionTests {
  static let cases: [ConvolutionCase] = [
    .init(input: [1, 1, 1], weights: [1, 1, 1]),
    .init(input: [2, 7, 5], weights: [3, 5, 1]),
    .init(input: [2, 6, 5, 3], weights: [3, 2, 3, 4], window: .init(strides: [2, 1], padsBefore: [1, 1], padsAfter: [0, 1])),
    .init(input: [1, 5, 5, 4], weights: [3, 3, 4, 1], window: .init(dilations: [2, 2], padsBefore: [6, 2], padsAfter: [2, 6])),
    .init(input: [1, 4, 3, 4, 2], weights: [2, 2, 2, 2, 3], window: .init(strides: [3, 1, 2])),
  ]

  @Test(arguments: cases, [false, true])
  func lowersToItsMeaning(_ sample: ConvolutionCase, hasBias: Bool) throws {
    let types = [sample.input, sample.weights].map { TensorType(.float32, Shape($0)) }
    let bias = hasBias ? [TensorType(.float32, Shape([sample.weights.suffix(2).reduce(1, *)]))] : []
    for draw in Draw.allCases {
      #expect(try disagreement(DepthwiseConvolution(sample.window), types + bias, seed: 5, draw: draw) < 1e-6, "\(draw)")
    }
  }

  /// With as many groups as channels the weights of a convolution are the same numbers in the same order.
  @Test(arguments: cases)
  func isAConvolutionInGroupsOfOne(_ sample: ConvolutionCase) throws {
    var generator = SeededGenerator(9)
    let x = Tensor.random(.float32, sample.input, using: &generator)
    let w = Tensor.random(.float32, sample.weights, using: &generator)
    let (channels, multiplier) = (sample.weights[sample.weights.count - 2], sample.weights[sample.weights.count - 1])
    let grouped = Convolution(sample.window, groups: channels)
    let reshaped = w.reshaped(sample.weights.dropLast(2) + [1, channels * multiplier])
    #expect(try DepthwiseConvolution(sample.window).evaluate([x, w]) == grouped.evaluate([x, reshaped]))
  }

  @Test func widensIntegers() throws {
    let types = [TensorType(.uint8, [1, 6, 5, 3]), TensorType(.int8, [3, 2, 3, 2]), TensorType(.int32, [6])]
    #expect(try disagreement(DepthwiseConvolution(.init(padsBefore: [1, 1]), widens: true), types, seed: 7, draw: .whole) == 0)
  }

  @Test func refusesWeightsForOtherChannels() {
    let x = TensorType(.float32, [1, 4, 3])
    #expect(throws: Diagnostic.self) { try DepthwiseConvolution().infer([x, TensorType(.float32, [2, 2, 1])]) }
    #expect(throws: Diagnostic.self) { try DepthwiseConvolution().infer([x, TensorType(.float32, [2, 3, 2]), TensorType(.float32, [3])]) }
  }

  @Test func leavesOpenDimensionsOpen() throws {
    let op = DepthwiseConvolution(SlidingWindow(strides: [2], padsBefore: [2]))
    let types = [TensorType(.float32, [1, .symbol("T"), 3]), TensorType(.float32, [3, 3, 2])]
    for extent in 1...5 { #expect(try openDisagreement(op, types, dims: ["T": extent], seed: 3) < 1e-6, "T = \(extent)") }
  }
}
