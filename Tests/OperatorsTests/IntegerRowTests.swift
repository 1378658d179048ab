import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

/// Softmax and normalisation of codes.
@Suite struct IntegerRowTests {
  private static let rows: [(dims: [Int], axis: Int)] = [([1], 0), ([7], 0), ([2, 3, 5], 1), ([4, 33], -1), ([3, 1], -1)]

  @Test(arguments: rows, [(DType.uint8, 0.03), (.int16, 0x1p-10), (.int16, 0.0007), (.int8, 1)])
  func softmaxLowersToItsMeaning(shape: ([Int], Int), codes: (DType, Double)) throws {
    try expectAgreement(IntegerSoftmax(axis: shape.1, octaves: codes.1), [TensorType(codes.0, Shape(shape.0))])
  }

  @Test(arguments: rows, [DType.uint8, .int8, .int16]) func normalisationLowersToItsMeaning(shape: ([Int], Int), dtype: DType) throws {
    for (subtractsMean, epsilon, zero) in [(true, 0, 0), (false, 0.5, 3), (true, 1e12, 100)] {
      let op = IntegerNormalise(axes: [shape.1], subtractsMean: subtractsMean, epsilon: epsilon, zero: zero)
      try expectAgreement(op, [TensorType(dtype, Shape(shape.0))])
    }
    try expectAgreement(IntegerNormalise(axes: [], epsilon: 1, zero: 0), [TensorType(dtype, Shape(shape.0))])
  }

  /// Rows of all codes, of equal ones, of the ends, of one alone, and random ones.
  private func extremeRows(_ dtype: DType, _ reach: Int64) -> [[Int64]] {
    var generator = SeededGenerator(41)
    let (low, high) = (max(dtype.integerRange.lowerBound, -reach), min(dtype.integerRange.upperBound, reach))
    let random = [2, 5, 64, 511].map { count in (0..<count).map { _ in Int64.random(in: low...high, using: &generator) } }
    let all = Array(stride(from: low, through: high, by: max(1, Int((high - low) / 256))))
    return [all, [Int64](repeating: high, count: 9), [low, high, high, low, high], [high], [low, high], [0, 0, 0, 1]] + random
  }

  @Test(arguments: [(DType.uint8, 0.002), (.uint8, 0.11), (.uint8, 3), (.int16, 0x1p-12), (.int16, 0.01)])
  func softmaxIsNearTheRealOne(dtype: DType, octaves: Double) throws {
    for row in extremeRows(dtype, 32_767) {
      let count = Double(row.count)
      let codes = Tensor(dtype, [row.count], integers: row)
      let found = try result(IntegerSoftmax(axis: 0, octaves: octaves), [codes]).integers.map { Double($0) * IntegerSoftmax.unit }
      let reals = Tensor(.float64, [row.count], row.map { Double($0) * octaves * 0.693_147_180_559_945_3 })
      let expected = try result(Softmax(axis: 0), [reals]).doubles
      for (a, b) in zip(found, expected) {
        #expect(abs(a - b) <= (3e-4 + count * count * 0x1p-29) * b + count * 0x1p-29 + 0x1p-27 && a <= 1, "\(a) instead of \(b) of \(row)")
      }
    }
  }

  @Test(arguments: [DType.uint8, .int16], [false, true]) func normalisationIsNearTheRealOne(dtype: DType, subtractsMean: Bool) throws {
    for row in extremeRows(dtype, 1400) {
      let unit = 1 / Double(1 << IntegerNormalise.fractionBits(row.count))
      for epsilon in [0.01, 40] {
        let op = IntegerNormalise(axes: [0], subtractsMean: subtractsMean, epsilon: epsilon, zero: 11)
        let found = try result(op, [Tensor(dtype, [row.count], integers: row)]).integers.map { Double($0) * unit }
        let reals = Tensor(.float64, [row.count], row.map { Double($0 - 11) })
        let expected = try result(Normalise(axes: [0], subtractsMean: subtractsMean, epsilon: epsilon), [reals]).doubles
        // Epsilon is rounded to a whole number of squares.
        let rounding = 0.5 / (Double(row.count * row.count) * epsilon)
        for (a, b) in zip(found, expected) { #expect(abs(a - b) <= (0x1p-14 + rounding) * abs(b) + 2 * unit, "\(a) instead of \(b)") }
      }
    }
  }

  @Test func equalCodesAreTheirMean() throws {
    let op = IntegerNormalise(axes: [0], epsilon: 0, zero: 0)
    #expect(try result(op, [Tensor(.uint8, [5], integers: [255, 255, 255, 255, 255])]).integers == [0, 0, 0, 0, 0])
    #expect(try result(op, [Tensor(.int16, [1], integers: [-900])]).integers == [0])
  }

  @Test func refuseWhatInt32DoesNotHold() {
    #expect(throws: Diagnostic.self) { try IntegerSoftmax(axis: 0, octaves: 0).infer([TensorType(.uint8, [3])]) }
    #expect(throws: Diagnostic.self) { try IntegerSoftmax(axis: 0, octaves: 100).infer([TensorType(.uint8, [3])]) }
    #expect(throws: Diagnostic.self) { try IntegerSoftmax(axis: 0, octaves: 0.1).infer([TensorType(.int32, [3])]) }
    #expect(throws: Diagnostic.self) { try IntegerSoftmax(axis: 0, octaves: 0.1).infer([TensorType(.uint8, [5000])]) }
    #expect(throws: Diagnostic.self) { try IntegerSoftmax(axis: 0, octaves: 0.1).infer([TensorType(.uint8, [time])]) }
    #expect(throws: Diagnostic.self) { try IntegerNormalise(axes: [0], epsilon: 1, zero: 0).infer([TensorType(.uint8, [9000])]) }
    #expect(throws: Diagnostic.self) { try IntegerNormalise(axes: [0], epsilon: -1, zero: 0).infer([TensorType(.uint8, [9])]) }
    #expect(throws: Diagnostic.self) { try IntegerNormalise(axes: [0], epsilon: 1, zero: 300).infer([TensorType(.uint8, [9])]) }
    #expect(throws: Diagnostic.self) { try IntegerNormalise(axes: [0], epsilon: 1, zero: 0).infer([TensorType(.float32, [9])]) }
  }
}
