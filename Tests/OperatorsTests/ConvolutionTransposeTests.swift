import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct ConvolutionTransposeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var input: [Int]
    var weights: [Int]
    var window = SlidingWindow()
    var outputPadding: [Int] = []
    var groups = 1

    var testDescription: String { "\(input) * \(weights) \(window), \(outputPadding) more, in \(groups)" }
  }

  static let cases: [Case] = [
    .init(input: [1, 1, 1], weights: [1, 1, 1]),
    .init(input: [2, 5, 3], weights: [3, 3, 4]),
    .init(input: [1, 4, 3, 2], weights: [3, 3, 2, 3], window: .init(strides: [2, 2], padsBefore: [0, 1], padsAfter: [1, 1])),
    .init(input: [1, 3, 4, 2], weights: [2, 5, 2, 1], window: .init(strides: [4, 3]), outputPadding: [2, 1]),
    .init(input: [1, 6, 1], weights: [4, 1, 2], window: .init(strides: [3], dilations: [2], padsBefore: [2], padsAfter: [3])),
    .init(input: [1, 5, 2], weights: [4, 2, 1], window: .init(strides: [4], dilations: [6], padsBefore: [1]), outputPadding: [3]),
    .init(input: [1, 5, 1], weights: [5, 1, 1], window: .init(strides: [7], dilations: [3])),
    .init(input: [1, 4, 1], weights: [3, 1, 1], window: .init(strides: [2], dilations: [2])),
    .init(input: [1, 5, 1], weights: [3, 1, 2], window: .init(dilations: [3], padsBefore: [4], padsAfter: [2])),
    .init(input: [2, 3, 3, 4], weights: [2, 2, 2, 6], window: .init(strides: [2, 1]), groups: 2),
    .init(input: [1, 2, 3, 2, 2], weights: [2, 3, 2, 2, 3], window: .init(strides: [2, 1, 3], padsBefore: [1, 0, 1])),
  ]

  @Test(arguments: cases, [false, true])
  func lowersToItsMeaning(_ sample: Case, hasBias: Bool) throws {
    let op = ConvolutionTranspose(sample.window, outputPadding: sample.outputPadding, groups: sample.groups)
    let types = [sample.input, sample.weights].map { TensorType(.float32, Shape($0)) }
    let bias = hasBias ? [TensorType(.float32, Shape([sample.weights.last ?? 0]))] : []
    for seed in UInt64(0)..<3 {
      for draw in Draw.allCases { #expect(try disagreement(op, types + bias, seed: seed, draw: draw) < 1e-6, "seed \(seed), \(draw)") }
    }
  }

  /// Every stride, dilation and kernel up to seven: the gathering form solves an equation for each.
  @Test(arguments: 1...7, 1...7)
  func gathersWhatIsScattered(stride: Int, dilation: Int) throws {
    for kernel in 1...5 {
      let op = ConvolutionTranspose(SlidingWindow(strides: [stride], dilations: [dilation]), outputPadding: [1])
      let types = [TensorType(.float32, [1, 5, 1]), TensorType(.float32, [Dim(kernel), 1, 1])]
      #expect(try disagreement(op, types, seed: UInt64(kernel), draw: .whole) == 0, "\(kernel) taps")
    }
  }

  @Test func isTheSumThatTheDefinitionNames() throws {
    let (x, w) = (Tensor(.float32, [1, 2, 1], [1, 10]), Tensor(.float32, [3, 1, 1], [1, 2, 3]))
    #expect(try ConvolutionTranspose(.init(strides: [2])).evaluate([x, w])[0].doubles == [1, 2, 13, 20, 30])
    #expect(try ConvolutionTranspose(.init(strides: [2], padsBefore: [1], padsAfter: [1])).evaluate([x, w])[0].doubles == [2, 13, 20])
    #expect(try ConvolutionTranspose(.init(strides: [4]), outputPadding: [1]).evaluate([x, w])[0].doubles == [1, 2, 3, 0, 10, 20, 30, 0])
  }

  @Test(arguments: [DType.float16, .float64, .int32])
  func keepsTheTypeOfItsInput(dtype: DType) throws {
    let types = [[1, 3, 5, 2], [3, 2, 2, 3], [3]].map { TensorType(dtype, Shape($0)) }
    #expect(try disagreement(ConvolutionTranspose(.init(strides: [2, 2])), types, seed: 7, draw: .whole) == 0)
  }

  @Test func leavesOpenDimensionsOpen() throws {
    let time = Dim.symbol("T")
    let op = ConvolutionTranspose(SlidingWindow(strides: [3], padsBefore: [1]))
    let types = [TensorType(.float32, [2, time, 3]), TensorType(.float32, [4, 3, 2])]
    #expect(try op.infer(types)[0].shape == [2, time * 3, 2])
    for extent in 1...4 { #expect(try openDisagreement(op, types, dims: ["T": extent], seed: 3) < 1e-6, "T = \(extent)") }
  }

  @Test func refusesWhatHasNoMeaning() {
    let (x, w) = (TensorType(.float32, [1, 2, 1]), TensorType(.float32, [2, 1, 1]))
    #expect(throws: Diagnostic.self) { try ConvolutionTranspose(.init(padsBefore: [4])).infer([x, w]) }
    #expect(throws: Diagnostic.self) { try ConvolutionTranspose(.init(), outputPadding: [1, 1]).infer([x, w]) }
    #expect(throws: Diagnostic.self) { try ConvolutionTranspose(.init(), outputPadding: [-1]).infer([x, w]) }
    #expect(throws: Diagnostic.self) { try ConvolutionTranspose(.init(), groups: 2).infer([x, w]) }
    #expect(throws: Diagnostic.self) { try ConvolutionTranspose(.init()).infer([x, TensorType(.float32, [0, 1, 1])]) }
  }
}
