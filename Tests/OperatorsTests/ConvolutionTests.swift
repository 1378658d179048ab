import GraphIR
import LoopIR
import Operators
import Tensors
import TestSupport
import Testing

struct ConvolutionCase: Sendable, CustomTestStringConvertible {
  var input: [Int]
  var weights: [Int]
  var window = SlidingWindow()
  var groups = 1

  var testDescription: String { "\(input) * \(weights) \(window) in \(groups)" }
}

@Suite struct ConvolutionTests {
  static let cases: [ConvolutionCase] = [
    .init(input: [1, 1, 1], weights: [1, 1, 1]),
    .init(input: [2, 9, 3], weights: [4, 3, 5]),
    .init(input: [2, 5, 7, 3], weights: [3, 3, 3, 4]),
    .init(input: [1, 4, 4, 6], weights: [1, 1, 6, 5], window: .init(strides: [3, 2])),
    .init(input: [1, 7, 8, 2], weights: [3, 2, 2, 3], window: .init(strides: [2, 3], padsBefore: [1, 0], padsAfter: [2, 1])),
    .init(input: [1, 9, 6, 2], weights: [3, 2, 2, 3], window: .init(dilations: [3, 2], padsBefore: [4, 1], padsAfter: [3, 2])),
    .init(input: [1, 5, 5, 2], weights: [3, 3, 2, 2], window: .init(strides: [4, 5], dilations: [2, 1], padsBefore: [0, 3])),
    .init(input: [1, 2, 3, 1], weights: [2, 2, 1, 2], window: .init(padsBefore: [5, 6], padsAfter: [7, 4])),
    .init(input: [1, 3, 1], weights: [2, 1, 2], window: .init(strides: [2], dilations: [4], padsBefore: [9], padsAfter: [10])),
    .init(input: [2, 4, 5, 6], weights: [2, 3, 2, 9], window: .init(padsAfter: [1, 1]), groups: 3),
    .init(input: [1, 6, 4], weights: [3, 1, 4], window: .init(padsBefore: [2]), groups: 4),
    .init(input: [2, 3, 4, 5, 2], weights: [2, 3, 2, 2, 3], window: .init(strides: [1, 2, 2], padsBefore: [1, 1, 0])),
    .init(input: [1, 2, 2, 3, 2, 1], weights: [2, 1, 2, 2, 1, 2]),
    .init(input: [0, 4, 2], weights: [3, 2, 2]),
  ]

  @Test(arguments: cases, [false, true])
  func lowersToItsMeaning(_ sample: ConvolutionCase, hasBias: Bool) throws {
    let op = Convolution(sample.window, groups: sample.groups)
    let types = [sample.input, sample.weights].map { TensorType(.float32, Shape($0)) }
    let bias = hasBias ? [TensorType(.float32, Shape([sample.weights.last ?? 0]))] : []
    for seed in UInt64(0)..<3 {
      for draw in Draw.allCases { #expect(try disagreement(op, types + bias, seed: seed, draw: draw) < 1e-6, "seed \(seed), \(draw)") }
    }
  }

  @Test(arguments: [DType.float16, .bfloat16, .float64, .int32, .int8, .uint8, .int64])
  func keepsTheTypeOfItsInput(dtype: DType) throws {
    let types = [[1, 6, 5, 2], [3, 2, 2, 3], [3]].map { TensorType(dtype, Shape($0)) }
    #expect(try disagreement(Convolution(.init(padsBefore: [1, 1])), types, seed: 7, draw: .whole) == 0)
  }

  @Test(arguments: [(DType.uint8, DType.int8), (.int8, .uint8), (.int16, .int8)])
  func widensIntegers(input: DType, weights: DType) throws {
    let types = [TensorType(input, [1, 6, 5, 2]), TensorType(weights, [3, 2, 2, 3]), TensorType(.int32, [3])]
    let op = Convolution(.init(padsBefore: [1, 1]), widens: true)
    #expect(try op.infer(types)[0].dtype == .int32)
    #expect(try disagreement(op, types, seed: 7, draw: .whole) == 0)
    #expect(throws: Diagnostic.self) { try op.infer(Array(types[..<2]) + [TensorType(input, [3])]) }
  }

  /// The epilogue may give another type than the sums have.
  @Test func sumsInItsOwnTypeUnderAnEpilogue() throws {
    let (x, w) = (Tensor(.uint8, [1, 3, 1], [255, 200, 100]), Tensor(.int8, [2, 1, 1], [127, 100]))
    let body = ElementwiseBody(ElementwiseBody.input(0, .int32).converted(to: .float32) * .constant(0.001, .float32))
    let node = try LoweredNode(
      Convolution(widens: true), [x.type, w.type], epilogue: Epilogue(ElementwiseBody(.cast(.uint8, body.body)), operandCount: 0))
    #expect(try node.run([x, w])[0] == Tensor(.uint8, [1, 2, 1], [52, 35]))
  }

  @Test func isTheSumThatTheDefinitionNames() throws {
    let input = Tensor(.float32, [1, 4, 1], [1, 2, 3, 4])
    let weights = Tensor(.float32, [3, 1, 1], [1, 10, 100])
    let bias = Tensor(.float32, [1], [0.5])
    let op = Convolution(SlidingWindow(padsBefore: [1], padsAfter: [1]))
    #expect(try op.evaluate([input, weights, bias])[0].doubles == [210.5, 321.5, 432.5, 43.5])
  }

  @Test func leavesOpenDimensionsOpen() throws {
    let time = Dim.symbol("T")
    let op = Convolution(SlidingWindow(strides: [2], dilations: [3], padsBefore: [2], padsAfter: [1]))
    let types = [TensorType(.float32, [1, time, 3]), TensorType(.float32, [2, 3, 4])]
    #expect(try op.infer(types)[0].shape == [1, (time + 3 - 4) / 2 + 1, 4])
    for extent in 1...9 {
      #expect(try openDisagreement(op, types, dims: ["T": extent], seed: 3) < 1e-6, "T = \(extent)")
    }
  }

  @Test func countsItsProducts() throws {
    let types = [TensorType(.float32, [2, 5, 5, 4]), TensorType(.float32, [3, 3, 2, 6])]
    let op = Convolution(groups: 2)
    #expect(op.macs(types, try op.infer(types)) == Dim(2 * 3 * 3 * 6 * 9 * 2))
  }

  @Test(
    arguments: [
      ConvolutionCase(input: [1, 4], weights: [2, 4]), .init(input: [1, 4, 2], weights: [5, 2, 1]),
      .init(input: [1, 4, 2], weights: [1, 3, 1]), .init(input: [1, 4, 2], weights: [1, 1, 2, 1]),
      .init(input: [1, 4, 4], weights: [1, 2, 3], groups: 2), .init(input: [1, 4, 4], weights: [1, 2, 4], groups: 0),
      .init(input: [1, 4, 2], weights: [0, 2, 1]), .init(input: [1, 4, 2], weights: [1, 2, 1], window: .init(strides: [0])),
      .init(input: [1, 4, 2], weights: [1, 2, 1], window: .init(strides: [1, 1])),
      .init(input: [1, 4, 2], weights: [1, 2, 1], window: .init(padsBefore: [-1])),
      .init(input: [1, 4, 2], weights: [1, 2, 1], window: .init(dilations: [.max])),
    ])
  func refusesWhatHasNoMeaning(_ sample: ConvolutionCase) {
    let types = [sample.input, sample.weights].map { TensorType(.float32, Shape($0)) }
    #expect(throws: Diagnostic.self) { try Convolution(sample.window, groups: sample.groups).infer(types) }
  }

  @Test func refusesMixedTypesAndABiasOfAnotherExtent() {
    let (x, w) = (TensorType(.float32, [1, 4, 2]), TensorType(.float32, [1, 2, 3]))
    #expect(throws: Diagnostic.self) { try Convolution().infer([x, TensorType(.int16, [1, 2, 3])]) }
    #expect(throws: Never.self) { try Convolution().infer([x, TensorType(.int8, [1, 2, 3])]) }
    #expect(throws: Diagnostic.self) { try Convolution().infer([x, w, TensorType(.float32, [2])]) }
    #expect(throws: Diagnostic.self) { try Convolution().infer([x]) }
  }
}
