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
    .init(input: [1, 4, 5, 2], size: [3, 2], window: .init(strides: [2, 2], roundsUp: true)),
    .init(
      input: [2, 9, 5, 1], size: [3, 4],
      window: .init(strides: [3, 3], dilations: [2, 1], padsBefore: [2, 1], padsAfter: [2, 1], roundsUp: true)),
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
    for kind in [PoolKind.max, .sum, .average] {
      let op = Pool(kind, size: [3, 2], SlidingWindow(padsBefore: [1, 1]))
      #expect(try disagreement(op, [type], seed: 2, draw: .whole) < 1e-3)
    }
  }

  /// Over 1, 5, 4, 9 with one element of padding at each end.
  @Test(
    arguments: [
      (PoolKind.max, [5.0, 5, 9, 9]), (.sum, [6.0, 10, 18, 13]), (.average, [3, 10.0 / 3, 6, 6.5]), (.median, [3, 4, 5, 6.5]),
      (.l2, [26.0, 42, 122, 97].map { $0.squareRoot() }),
    ] as [(PoolKind, [Double])])
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
  @Test(arguments: [(PoolKind.max, -Double.infinity), (.sum, 0), (.average, 0), (.median, .nan), (.l2, 0)])
  func aWindowBetweenElementsHoldsNothing(kind: PoolKind, expected: Double) throws {
    let input = Tensor(.float32, [1, 1, 1], [5])
    let op = Pool(kind, size: [2], SlidingWindow(dilations: [2], padsBefore: [1], padsAfter: [1]))
    let found = try op.evaluate([input])[0]
    #expect(distance(found, Tensor(.float32, [1, 1, 1], [expected])) == 0)
    #expect(try distance(LoweredNode(op, [input.type]).run([input])[0], found) == 0)
  }

  /// A window along an axis of so many elements, and what ONNX Runtime makes of it: the greatest, averages, and averages that
  /// count the padding.
  struct RoundedCase: Sendable {
    let extent: Int
    let size: Int
    let window: SlidingWindow
    let expected: [[Double]]

    init(_ extent: Int, _ size: Int, _ stride: Int, _ dilation: Int, _ before: Int, _ after: Int, _ expected: [[Double]]) {
      self.extent = extent
      self.size = size
      self.expected = expected
      window = SlidingWindow(strides: [stride], dilations: [dilation], padsBefore: [before], padsAfter: [after], roundsUp: true)
    }
  }

  static let rounded: [RoundedCase] = [
    .init(4, 3, 2, 1, 0, 0, [[0.48, 0.48], [-0.26, -0.16], [-0.26, -0.16]]), .init(2, 1, 2, 1, 0, 0, [[-1], [-1], [-1]]),
    .init(5, 3, 2, 1, 1, 1, [[-0.26, 0.48, -0.06], [-0.63, -0.193333, -0.43], [-0.42, -0.193333, -0.286667]]),
    .init(6, 2, 3, 2, 0, 1, [[0.48, 0.68], [-0.26, -0.06], [-0.26, -0.06]]),
    .init(7, 3, 3, 2, 2, 2, [[0.48, 0.68, -0.06], [-0.26, -0.126667, -0.33], [-0.173333, -0.126667, -0.22]]),
    .init(5, 2, 4, 1, 1, 0, [[-1, -0.06], [-1, -0.43], [-0.5, -0.43]]),
    .init(5, 4, 3, 1, 1, 1, [[0.48, 0.48], [-0.26, -0.126667], [-0.195, -0.095]]),
  ]

  @Test(arguments: rounded)
  func aLastWindowMayStickOut(_ sample: RoundedCase) throws {
    let x = mixed([1, sample.extent, 1])
    for (position, kind) in [PoolKind.max, .average, .average].enumerated() {
      let op = Pool(kind, size: [sample.size], sample.window, countsPadding: position == 2)
      let expected = sample.expected[position]
      let found = try result(op, [x])
      #expect(distance(found, Tensor(.float32, [1, expected.count, 1], expected)) < 1e-5, "\(kind): \(found)")
      let open = try openDisagreement(op, [TensorType(.float32, [1, .symbol("T"), 1])], dims: ["T": sample.extent], seed: 1)
      #expect(open < 1e-6)
    }
  }

  @Test(arguments: cases)
  func findsTheGreatest(_ sample: Case) throws {
    for isColumnMajor in [false, true] {
      let op = ArgPool(size: sample.size, sample.window, isColumnMajor: isColumnMajor)
      for draw in Draw.allCases {
        for dtype in [DType.float32, .uint8, .float16] {
          #expect(try disagreement(op, [TensorType(dtype, Shape(sample.input))], seed: 4, draw: draw) == 0)
        }
      }
    }
  }

  /// The positions name elements of the tensor with channels first that are the greatest.
  @Test(arguments: cases)
  func whatItFindsIsTheGreatest(_ sample: Case) throws {
    let x = mixed(sample.input)
    let places = try result(ArgPool(size: sample.size, sample.window), [x]).integers
    let first = try result(Transpose([0, x.rank - 1] + Array(1..<x.rank - 1)), [x]).floats
    let expected = try result(Pool(.max, size: sample.size, sample.window), [x]).floats
    #expect(zip(places, expected).allSatisfy { $0 < 0 ? $1 == -.infinity : first[Int($0)] == $1 })
  }

  @Test func countsColumnsFirstIfAsked() throws {
    let op = { ArgPool(size: [2, 3], isColumnMajor: $0, dtype: .int32) }
    #expect(try result(op(false), [counting([1, 2, 3, 2])]).integers == [5, 11])
    #expect(try result(op(true), [Tensor(floats: [9, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0], [1, 2, 3, 2])]).integers == [0, 6 + 2])
    let hard = Tensor(floats: [.nan, -.infinity, -.infinity, 1, .nan, 1], [1, 6, 1])
    let line = ArgPool(size: [2])
    #expect(try result(line, [hard]).integers == [0, 1, 3, 3, 5])
    #expect(try LoweredNode(line, [hard.type]).run([hard])[0].integers == [0, 1, 3, 3, 5])
    #expect(throws: Diagnostic.self) { try ArgPool(size: [2], dtype: .float32).infer([hard.type]) }
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

  @Test func widensSumsOfIntegers() throws {
    let type = TensorType(.uint8, [1, 6, 5, 3])
    let op = Pool(.sum, size: [3, 2], SlidingWindow(padsBefore: [1, 0]), widens: true)
    #expect(try op.infer([type])[0].dtype == .int32)
    #expect(try disagreement(op, [type], seed: 7, draw: .whole) == 0)
    let large = Tensor(.uint8, [1, 2, 1], [255, 254])
    #expect(try Pool(.sum, size: [2], widens: true).evaluate([large])[0].integers == [509])
    #expect(try LoweredNode(Pool(.sum, size: [2], widens: true), [large.type]).run([large])[0].integers == [509])
    #expect(throws: Diagnostic.self) { try Pool(.max, size: [2], widens: true).infer([large.type]) }
    #expect(throws: Diagnostic.self) { try Pool(.sum, size: [2], widens: true).infer([TensorType(.float32, [1, 2, 1])]) }
  }
}
