import LoopIR
import Tensors
import Testing

struct MultiplyHighTests {
  private let numbers: [Int32] = [0, 1, -1, 2, -2, 255, -255, 1 << 30, -1 << 30, .max, .min, 123_456_789, -987_654_321]

  @Test func isTheUpperHalfOfTheFullProduct() throws {
    for a in numbers {
      for b in numbers {
        let expr = Expr.binary(.multiplyHigh, .int(Int64(a), .int32), .int(Int64(b), .int32))
        let value = try ColumnEvaluator(.typed, variables: { (variable) throws(Diagnostic) in throw Diagnostic(variable.name) }).value(expr)
        #expect(value == .integers([Int64(a.multipliedFullWidth(by: b).high)]), "\(a) and \(b)")
      }
    }
  }

  @Test func roundsTowardsMinusInfinity() {
    #expect(BinaryFunction.multiplyHigh.value(Int64(-1), 1) == -1)
    #expect(BinaryFunction.multiplyHigh.value(Int64(1), -1) == -1)
    #expect(BinaryFunction.multiplyHigh.value(Int64(3), 1 << 31 - 1) == 1)
  }
}
