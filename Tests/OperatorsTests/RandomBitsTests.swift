import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct RandomBitsTests {
  @Test(arguments: [0, 1, -1, 42, Int.max, .min]) func isTheSameInBothMeanings(seed: Int) throws {
    for shape in [[], [1], [3, 5], [2, 0], [2, 3, 4]] as [Shape] {
      #expect(try disagreement(RandomBits(shape, seed: seed), [], seed: 0) == 0)
    }
    #expect(try disagreement(RandomBits([batch, 3], seed: seed), [], seed: 0, dims: ["B": 4]) == 0)
  }

  /// Numbers once computed: what models compute must not change with the compiler.
  @Test func staysAsItIs() throws {
    #expect(try result(RandomBits([4], seed: 1), []).integers == [880_687_261, 3_138_700_031, 763_326_639, 4_067_211_309])
  }

  /// Sums of many even numbers are normally distributed: five deviations are allowed.
  @Test(arguments: [0, 1, 2, 1_000_000]) func everyBitIsEvenAndSeedsAreApart(seed: Int) throws {
    let count = 1 << 14
    let a = try result(RandomBits([Dim(count)], seed: seed), []).integers
    let b = try result(RandomBits([Dim(count)], seed: seed + 1), []).integers
    func isEven(_ ones: Int) -> Bool { abs(Double(ones) - Double(count) / 2) < 5 * Double(count).squareRoot() / 2 }
    for bit in 0..<32 {
      #expect(isEven(a.filter { $0 >> bit & 1 == 1 }.count), "bit \(bit)")
      #expect(isEven(zip(a, b).filter { ($0 ^ $1) >> bit & 1 == 1 }.count), "bit \(bit) of neighbouring seeds")
      #expect(isEven(zip(a, a.dropFirst()).filter { ($0 ^ $1) >> bit & 1 == 1 }.count), "bit \(bit) of neighbouring elements")
    }
    #expect(Set(a).count == count)
  }
}
