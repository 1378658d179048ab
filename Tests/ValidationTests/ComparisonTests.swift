import Tensors
import Testing
import Validation

private func compare(_ dtype: DType, _ actual: [Double], _ expected: [Double]) -> Comparison {
  Comparison(Tensor(dtype, [actual.count], actual), expected: Tensor(dtype, [expected.count], expected))
}

@Suite struct ComparisonTests {
  @Test(arguments: [DType.float16, .bfloat16, .float32, .float64])
  func equalsAreEqual(dtype: DType) {
    let values = [0, -0.0, 1.5, -2, .infinity, -.infinity, .nan]
    let result = compare(dtype, values, [-0.0, 0, 1.5, -2, .infinity, -.infinity, -.nan])
    #expect(result.isExact && result.maxULP == 0 && result.maxRelativeToPeak == 0 && result.worst == nil && result.peak == 2)
  }

  @Test(arguments: [(Double.nan, 1.0), (1, .nan), (.infinity, 1), (0, -.infinity), (.infinity, -.infinity), (.nan, .infinity)])
  func whatIsNotFiniteAndAloneIsInfinitelyFar(actual: Double, expected: Double) {
    let result = compare(.float32, [5, actual, 9], [6, expected, 9])
    #expect(result.mismatches == 2 && result.worst?.index == [1])
    #expect([result.maxAbsolute, result.maxRelative, result.maxRelativeToPeak] == [.infinity, .infinity, .infinity])
    #expect(result.maxULP == .max)
  }

  @Test func measuresErrorsAndFindsTheWorst() {
    let actual = Tensor(.float32, [2, 3], [1, 2, 3, 4, 5.5, -8])
    let result = Comparison(actual, expected: Tensor(.float32, [2, 3], [1, 2.25, 3, 4, 5, -8]))
    #expect(result.mismatches == 2 && result.maxAbsolute == 0.5 && result.maxRelative == 0.25 / 2.25)
    #expect(result.maxRelativeToPeak == 0.5 / 8)
    #expect(result.worst?.index == [1, 1] && result.worst?.actual == 5.5 && result.worst?.expected == 5)
  }

  @Test func countsStepsAcrossZeroAndOverAllFloats() {
    #expect(compare(.float32, [1, Double(Float(1).nextUp)], [1, 1]).maxULP == 1)
    #expect(compare(.float64, [1, 1.0.nextUp.nextUp], [1, 1]).maxULP == 2)
    #expect(compare(.float64, [.leastNonzeroMagnitude], [-.leastNonzeroMagnitude]).maxULP == 2)
    #expect(compare(.float16, [1], [1 + 0x1p-10]).maxULP == 1)
    #expect(compare(.bfloat16, [1], [1 + 0x1p-7]).maxULP == 1)
    let largest = Double.greatestFiniteMagnitude
    #expect(compare(.float64, [largest], [-largest]).maxULP == 2 * largest.bitPattern)
  }

  @Test func anErrorWhereZeroIsExpectedIsInfiniteOnlyRelatively() {
    let result = compare(.float32, [0.5], [0])
    #expect(result.maxAbsolute == 0.5 && result.maxRelative == .infinity && result.maxRelativeToPeak == .infinity)
  }

  @Test func integersBeyondTheReachOfDoubleAreExact() {
    let one = Comparison(Tensor(.int64, [1], integers: [.max]), expected: Tensor(.int64, [1], integers: [.max - 1]))
    #expect(one.mismatches == 1 && one.maxAbsolute == 1)
    let ends = Comparison(Tensor(.int64, [1], integers: [.max]), expected: Tensor(.int64, [1], integers: [.min]))
    #expect(ends.maxULP == .max && ends.maxAbsolute == 0x1p64)
    let unsigned = Comparison(Tensor(.uint64, [1], integers: [-1]), expected: Tensor(.uint64, [1], integers: [0]))
    #expect(unsigned.maxULP == .max && unsigned.maxAbsolute == 0x1p64)
    #expect(compare(.int8, [-128, 0], [127, 0]).maxAbsolute == 255)
    #expect(compare(.bool, [1, 0], [1, 1]).mismatches == 1)
  }

  @Test func nothingEqualsNothing() {
    #expect(Comparison(Tensor(.float32, [0, 3], []), expected: Tensor(.float32, [0, 3], [])).isExact)
    #expect(compare(.float32, [], []).description == "0 elements are equal")
    #expect(compare(.int8, [1], [3]).description.contains("worst at [0]: 1.0, expected 3.0"))
  }
}
