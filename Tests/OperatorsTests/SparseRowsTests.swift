import GraphIR
import LoopIR
import Operators
import Tensors
import TestSupport
import Testing

struct SparseRowsCase: Sendable, CustomTestStringConvertible {
  var shape: [Int]
  var taps: [Int] = []
  var window = SlidingWindow()
  var outputs: Int
  /// Of a run of an output.
  var elements: Int
  var dtype = DType.float32

  var testDescription: String { "\(shape) of \(dtype) under \(taps) to \(outputs)" }
  var runs: Int {
    let isFlat = !taps.isEmpty && window.along(taps.count - 1).dilation == 1
    return (isFlat ? taps.dropLast() : taps[...]).reduce(1, *)
  }
  var count: Int { outputs * runs * elements }

  var types: [TensorType] {
    [
      TensorType(dtype, Shape(shape)), TensorType(dtype.isFloat ? dtype : .int8, [Dim(count)]), TensorType(.uint8, [Dim(count)]),
      TensorType(.int32, [Dim(outputs * runs + 1)]),
    ]
  }

  /// Steps that leave the input, and bounds before its first and behind its last element.
  func given(_ seed: UInt64) -> [Int: Tensor] {
    var generator = SeededGenerator(seed)
    let steps = (0..<count).map { _ in Int64.random(in: 0...(seed == 0 ? 255 : 3), using: &generator) }
    let bounds = (0...outputs * runs).map { Int64($0 * elements) + Int64.random(in: -2...2, using: &generator) }
    return [2: Tensor(.uint8, [count], integers: steps), 3: Tensor(.int32, [outputs * runs + 1], integers: bounds)]
  }
}

@Suite struct SparseRowsTests {
  static let cases: [SparseRowsCase] = [
    SparseRowsCase(shape: [1, 7], outputs: 3, elements: 2), SparseRowsCase(shape: [2, 3, 300], outputs: 5, elements: 4),
    SparseRowsCase(shape: [1], outputs: 1, elements: 1), SparseRowsCase(shape: [4, 9], outputs: 2, elements: 3, dtype: .float64),
    SparseRowsCase(shape: [3, 9], outputs: 2, elements: 3, dtype: .float16),
    SparseRowsCase(shape: [2, 40], outputs: 7, elements: 9, dtype: .uint8),
    SparseRowsCase(shape: [2, 5], outputs: 3, elements: 4, dtype: .int8),
    SparseRowsCase(shape: [1, 6, 7, 3], taps: [3, 2], outputs: 4, elements: 2),
    SparseRowsCase(
      shape: [2, 6, 9, 2], taps: [2, 3], window: SlidingWindow(strides: [2, 1], dilations: [3, 2]), outputs: 3, elements: 1),
    SparseRowsCase(shape: [1, 8, 5], taps: [3], window: SlidingWindow(strides: [2]), outputs: 3, elements: 5, dtype: .uint8),
  ]

  @Test(arguments: cases) func lowersToItsMeaning(sample: SparseRowsCase) throws {
    let op = SparseRows(taps: sample.taps, window: sample.window)
    for draw in Draw.allCases {
      for seed in UInt64(0)..<3 {
        let bound = sample.dtype == .float16 ? 2e-3 : sample.dtype.isFloat ? 2e-6 : 0
        #expect(try disagreement(op, sample.types, seed: seed, draw: draw, inputs: sample.given(seed)) <= bound, "\(seed), \(draw)")
      }
    }
  }

  @Test func refusesWhatDoesNotFit() throws {
    let types = [TensorType(.float32, [1, 9]), TensorType(.float32, [4]), TensorType(.uint8, [4]), TensorType(.int32, [3])]
    #expect(try SparseRows().infer(types) == [TensorType(.float32, [1, 2])])
    let others: [(Int, TensorType)] = [
      (0, TensorType(.float64, [1, 9])), (0, TensorType(.float32, [])), (0, TensorType(.uint8, [1, 9])), (1, TensorType(.float32, [4, 1])),
      (1, TensorType(.int8, [4])), (2, TensorType(.int8, [4])), (2, TensorType(.uint8, [5])), (3, TensorType(.int32, [1])),
      (3, TensorType(.float32, [3])), (3, TensorType(.int64, [3])),
    ]
    for (position, type) in others {
      var changed = types
      changed[position] = type
      #expect(throws: Diagnostic.self) { try SparseRows().infer(changed) }
    }
    let padded = SlidingWindow(padsBefore: [1], padsAfter: [0])
    for (taps, window) in [([3], SlidingWindow()), ([2], padded), ([0], SlidingWindow()), ([1 << 40, 1 << 40], SlidingWindow())] {
      var changed = types
      changed[0] = TensorType(.float32, Shape([1] + taps.map { _ in 2 } + [3]))
      #expect(throws: Diagnostic.self) { try SparseRows(taps: taps, window: window).infer(changed) }
    }
  }
}

@Suite struct LiteralProductTests {
  private static let few = LiteralProduct(bounds: [0, 2, 2, 5], places: [4, 0, 6, 6, 1], weights: [0.5, -1, 3, 0.25, -2.125])
  private static let bytes = LiteralProduct(bounds: [0, 2, 2, 5], places: [4, 0, 6, 6, 1], weights: [127, -1, 1, -128, 2])
  private static let window = SlidingWindow(strides: [2, 1], dilations: [1, 2])

  @Test(arguments: [
    (few, [1, 7], DType.float32), (few, [7], .float64), (few, [2, 3, 9], .float16), (bytes, [3, 7], .uint8), (bytes, [2, 8], .int8),
    (LiteralProduct(taps: [2, 2], window: window, bounds: few.bounds, places: few.places, weights: few.weights), [2, 5, 6, 3], .float32),
    (LiteralProduct(taps: [3, 1], bounds: bytes.bounds, places: bytes.places, weights: bytes.weights), [1, 4, 3, 4], .uint8),
  ])
  func lowersToItsMeaning(op: LiteralProduct, shape: [Int], dtype: DType) throws {
    for draw in Draw.allCases {
      let bound = dtype == .float16 ? 2e-3 : dtype.isFloat ? 2e-6 : 0
      #expect(try disagreement(op, [TensorType(dtype, Shape(shape))], seed: 1, draw: draw) <= bound, "\(draw)")
    }
  }

  @Test func addsUpWhatItSays() throws {
    let x = Tensor(.uint8, [1, 7], integers: [1, 2, 3, 4, 5, 6, 7])
    #expect(try Self.bytes.evaluate([x])[0].integers == [5 * 127 - 1, 0, 7 * (1 - 128) + 4])
  }

  @Test func refusesWhatDoesNotFit() throws {
    let x = TensorType(.float32, [1, 7])
    #expect(try Self.few.infer([x]) == [TensorType(.float32, [1, 3])])
    #expect(throws: Diagnostic.self) { try Self.few.infer([TensorType(.float32, [1, 6])]) }
    #expect(throws: Diagnostic.self) { try Self.few.infer([TensorType(.int32, [1, 7])]) }
    // Weights that no byte holds.
    #expect(throws: Diagnostic.self) { try Self.few.infer([TensorType(.uint8, [1, 7])]) }
    let others: [([Int], [Int], [Double])] = [
      ([0, 2], [1], [1]), ([0, 2], [1, -1], [1, 1]), ([1, 2], [1, 1], [1, 1]), ([0, 2, 1, 2], [1, 1], [1, 1]), ([0], [], []),
      ([0, 1], [1], [.nan]), ([0, 1], [1], [.infinity]), ([0, 1], [1], [1, 2]),
    ]
    for (bounds, places, weights) in others {
      #expect(throws: Diagnostic.self) { try LiteralProduct(bounds: bounds, places: places, weights: weights).infer([x]) }
    }
    let tooMany = [Int](repeating: 0, count: LiteralProduct.mostProducts + 1)
    #expect(throws: Diagnostic.self) {
      try LiteralProduct(bounds: [0, tooMany.count], places: tooMany, weights: tooMany.map { _ in 1 }).infer([x])
    }
  }
}
