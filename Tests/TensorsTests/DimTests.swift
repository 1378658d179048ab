import Tensors
import Testing

@Suite struct DimTests {
  let t = Dim.symbol("T")

  @Test func equalPolynomialsAreEqual() {
    #expect((t + 1) * 2 == 2 * t + 2)
    #expect(t - t == 0)
    #expect((t * 8) / 4 == 2 * t)
    #expect((t * 2 + 3) / 2 == t + 1)
  }

  @Test(arguments: [-7, -1, 0, 1, 2, 255])
  func dividesTowardsMinusInfinity(value: Int) {
    let dim = (t - 3) / 2
    #expect(dim.value(["T": value]) == Int((Double(value - 3) / 2).rounded(.down)))
  }

  @Test func overflowAndMissingValuesHaveNoValue() {
    #expect((t * t).value(["T": .max]) == nil)
    #expect(t.value([:]) == nil)
  }

  @Test func dividesExactlyOnlyWhereItCan() {
    #expect((t * 6).exactQuotient(by: t * 2) == 3)
    #expect((t * 6).exactQuotient(by: 4) == nil)
    #expect((t + 1).exactQuotient(by: t) == nil)
  }
}
