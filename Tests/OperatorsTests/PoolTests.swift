import GraphIR
import LoopIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct PoolTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var input: [Int]
    var size: [Int]
    var window = SlidingWindow()

    var testDescription: String { "\(size) over \(input) \(window)" }
  }

  static let cases: [Case] = [
    .init(input: [1, 1, 1], size: [1]),
    .init(input: [2, 7, 3], size: [3], window: .init(strides: [2])),
    .init(input: [2, 6, 5, 3], size: [2, 2], window: .init(strides: [2, 2])),
    .init(input: [1, 5, 7, 2], size: [3, 2], window: .init(strides: [4, 1], padsBefore: [2, 1], padsAfter: [1, 0])),
    .init(input: [1, 6, 6, 1], size: [3, 3], window: .init(dilations: [2, 1], padsBefore: [3, 1], padsAfter: [2, 2])),
    .init(input: [1, 3, 4, 5, 2], size: [2, 2, 3], window: .init(strides: [1, 2, 2], padsBefore: [1, 0, 2], padsAfter: [0, 1, 1])),
    .init(input: [1, 4, 3, 2], size: [4, 3]),
  ]

  @Test(arguments: cases, PoolKind.allCases)
  func lowersToItsMeaning(_ sample: Case, kind: PoolKind) throws {
    for countsPadding in [false, true] {
      let op = Pool(kind, size: sample.size, sample.window, countsPadding: countsPadding)
      for draw in Draw.allCases {
        let difference = try disagreement(op, [TensorType(.float32, Shape(sample.input))], seed: 11, draw: draw)
        #expect(difference < 1e-6, "\(draw)")
      }
    }
  }

  @Test(arguments: [DType.float16, .bfloat16, .float64, .int8, .uint8, .int32, .int64])
  func keepsTheTypeOfItsInput(dtype: DType) throws {
    let type = TensorType(dtype, [1, 6, 5, 3])
    for kind in [PoolKind.max, .average] {
      let op = Pool(kind, size: [3, 2], SlidingWindow(padsBefore: [1, 1]))
      #expect(try disagreement(op, [type], seed: 2, draw: .whole) < 1e-3)
    }
  }

  /// Over 1, 5, 4, 9 with one element of padding at each end.
  @Test(
    arguments: [
      (PoolKind.max, [5.0, 5, 9, 9]), (.average, [3, 10.0 / 3, 6, 6.5]), (.median, [3, 4, 5, 6.5]),
      (.l2, [26.0, 42, 122, 97].map { $0.squareRoot() }),
    ])
  func isWhatTheDefinitionNames(kind: PoolKind, expected: [Double]) throws {
    let op = Pool(kind, size: [3], SlidingWindow(padsBefore: [1], padsAfter: [1]))
    #expect(try op.evaluate([Tensor(.float64, [1, 4, 1], [1, 5, 4, 9])])[0].doubles == expected)
  }

  @Test func anAverageMayCountThePadding() throws {
    let op = Pool(.average, size: [3], SlidingWindow(padsBefore: [1], padsAfter: [1]), countsPadding: true)
    #expect(try op.evaluate([Tensor(.float64, [1, 4, 1], [1, 5, 3, 9])])[0].doubles == [2, 3, 17.0 / 3, 4])
  }

  @Test func nanIsPassedOverByTheGreatestAndComesLastInTheMiddle() throws {
    let input = Tensor(.float32, [1, 6, 1], [.nan, 3, 1, .nan, .nan, 2])
    for (kind, expected) in [(PoolKind.max, [3.0, 3, 1, 2]), (.median, [3, 3, .nan, .nan])] {
      let op = Pool(kind, size: [3])
      let found = try op.evaluate([input])[0]
      #expect(distance(found, Tensor(.float32, [1, 4, 1], expected)) == 0, "\(kind): \(found)")
      #expect(try distance(LoweredNode(op, [input.type]).run([input])[0], found) == 0)
    }
  }

  /// A dilated window may step over a short axis.
  @Test(arguments: [(PoolKind.max, -Double.infinity), (.average, 0), (.median, .nan), (.l2, 0)])
  func aWindowBetweenElementsHoldsNothing(kind: PoolKind, expected: Double) throws {
    let input = Tensor(.float32, [1, 1, 1], [5])
    let op = Pool(kind, size: [2], SlidingWindow(dilations: [2], padsBefore: [1], padsAfter: [1]))
    let found = try op.evaluate([input])[0]
    #expect(distance(found, Tensor(.float32, [1, 1, 1], [expected])) == 0)
    #expect(try distance(LoweredNode(op, [input.type]).run([input])[0], found) == 0)
  }

  @Test(arguments: PoolKind.allCases)
  func leavesOpenDimensionsOpen(kind: PoolKind) throws {
    let op = Pool(kind, size: [3], SlidingWindow(strides: [2], padsBefore: [1], padsAfter: [1]))
    for extent in 1...6 {
      #expect(try openDisagreement(op, [TensorType(.float32, [1, .symbol("T"), 2])], dims: ["T": extent], seed: 3) < 1e-6)
    }
  }

  @Test func refusesWhatHasNoMeaning() {
    let x = TensorType(.float32, [1, 4, 2])
    #expect(throws: Diagnostic.self) { try Pool(.max, size: [2, 2]).infer([x]) }
    #expect(throws: Diagnostic.self) { try Pool(.max, size: [5]).infer([x]) }
    #expect(throws: Diagnostic.self) { try Pool(.max, size: [0]).infer([x]) }
    #expect(throws: Diagnostic.self) { try Pool(.max, size: [2], SlidingWindow(padsBefore: [2])).infer([x]) }
    #expect(throws: Diagnostic.self) { try Pool(.median, size: [2]).infer([TensorType(.int8, [1, 4, 2])]) }
    #expect(throws: Diagnostic.self) { try Pool(.max, size: [2]).infer([TensorType(.bool, [1, 4, 2])]) }
  }

  @Test func isMadeFromAttributes() throws {
    let op = try Pool(attributes: ["kind": .string("median"), "size": .ints([3, 3]), "strides": .ints([2, 2])])
    #expect(op == Pool(.median, size: [3, 3], SlidingWindow(strides: [2, 2])))
    #expect(throws: Diagnostic.self) { try Pool(attributes: ["kind": .string("mode")]) }
  }
}
