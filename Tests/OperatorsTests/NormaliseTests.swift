import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct NormaliseTests {
  @Test(arguments: [[-1], [1, 2], [], [0, 2]], Normalise.Divisor.allCases)
  func lowersToItsMeaning(axes: [Int], divisor: Normalise.Divisor) throws {
    for subtractsMean in [false, true] {
      let op = Normalise(axes: axes, subtractsMean: subtractsMean, divisor: divisor, epsilon: 1e-3)
      let parameters: [[TensorType?]] = [[], [.floats([5])], [nil, .floats([3, 1])], [.floats([5]), .floats([5])]]
      for more in parameters {
        for seed in UInt64(0)..<3 {
          #expect(try disagreement(op, [.floats([2, 3, 5])] + more, seed: seed) < 1e-4, "seed \(seed), \(op)")
        }
      }
      try expectAgreement(op, [TensorType(.float64, [2, 3, 5])], within: 1e-11)
      try expectAgreement(op, [TensorType(.float64, [batch, 3, time])], within: 1e-11, dims: ["B": 2, "T": 4])
    }
  }

  @Test func keepsItsPrecisionFarFromZero() throws {
    let x = Tensor(.float32, [4], [10_000, 10_001, 10_002, 10_003])
    let found = try LoweredNode(Normalise(axes: [0], epsilon: 0), [x.type]).run([x])[0].floats
    for (value, wanted) in zip(found, [-1.3416408, -0.4472136, 0.4472136, 1.3416408] as [Float]) { #expect(abs(value - wanted) < 1e-6) }
  }

  @Test(arguments: [DType.float16, .bfloat16])
  func computesHalvesInSinglePrecision(dtype: DType) throws {
    let types = [TensorType(dtype, [3, 70]), TensorType(dtype, [70])]
    try expectAgreement(Normalise(axes: [-1], epsilon: 1e-3), types, within: dtype == .float16 ? 1e-3 : 8e-3)
    try expectAgreement(Sparsemax(), [types[0]], within: 8e-3)
  }

  @Test func refusesWhatHasNoMeaning() {
    #expect(throws: Diagnostic.self) { try Normalise().infer([TensorType(.int32, [2])]) }
    #expect(throws: Diagnostic.self) { try Normalise(axes: [1], epsilon: 0).infer([.floats([2])]) }
    #expect(throws: Diagnostic.self) { try Normalise(axes: [0], epsilon: -1).infer([.floats([2])]) }
    #expect(throws: Diagnostic.self) { try Normalise().infer([.floats([2]), .floats([3])]) }
    #expect(throws: Diagnostic.self) { try Normalise().infer([.floats([2]), .floats([3, 2])]) }
  }

  @Test(arguments: [([1], 0), ([7], 0), ([2, 3, 4], 1), ([3, 9], -1)])
  func findsSparseProbabilities(shape: ([Int], Int)) throws {
    try expectAgreement(Sparsemax(axis: shape.1), [.floats(Shape(shape.0))], within: 2e-4)
    try expectAgreement(Sparsemax(axis: shape.1), [TensorType(.float64, Shape(shape.0))], within: 1e-12)
  }

  @Test func sumsToOne() throws {
    #expect(try result(Sparsemax(), [Tensor(floats: [0.5, 0.25, -3], [3])]).floats == [0.625, 0.375, 0])
  }
}
