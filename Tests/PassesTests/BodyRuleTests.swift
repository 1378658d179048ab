import GraphIR
import LoopIR
import Passes
import Tensors
import TestSupport
import Testing

@Suite struct BodyRuleTests {
  /// Draws expressions until the rule has fired often, and holds each result to the bits of what it replaces.
  @Test(arguments: BodyRule.all.map(\.name))
  func changesNoBit(name: String) throws {
    let rule = try #require(BodyRule.all.first { $0.name == name })
    var fired = 0
    for seed in UInt64(0)..<20_000 where fired < 15 {
      var generator = SeededGenerator(seed)
      let before = randomExpression([.float32, .float64, .int32, .uint8][Int(seed % 4)], depth: 3, &generator)
      guard let after = rule.apply(before) else { continue }
      fired += 1
      let inputs = DType.allCases.map { Tensor.random($0, [24], Draw.allCases[Int(seed / 4 % 3)], using: &generator) }
      let (expected, actual) = (try value(before, inputs), try value(after, inputs))
      #expect(haveSameBits(expected, actual), "seed \(seed): \(before) => \(after): \(expected) => \(actual)")
    }
    #expect(fired == 15, "\(name) fired \(fired) times")
  }

  private func value(_ expr: Expr, _ inputs: [Tensor]) throws -> Tensor {
    try ElementwiseBody(expr).evaluate(inputs, dims: [24], precision: .typed)
  }

  /// Each type has a variable of its own; few operands and many special numbers, so that the left sides of rules come up.
  private func randomExpression(_ dtype: DType, depth: Int, _ generator: inout SeededGenerator) -> Expr {
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    func below(_ dtype: DType) -> Expr { randomExpression(dtype, depth: depth - 1, &generator) }
    let variable = ElementwiseBody.input(DType.allCases.firstIndex(of: dtype) ?? 0, dtype)
    guard depth > 0, number(0...3) > 0 else {
      let specials: [Double] = [0, -0.0, 1, -1, -1, 2, 0.5, 1024]
      return number(0...1) == 0 ? variable : .constant(specials[number(0...7)], dtype)
    }
    switch number(0...9) {
    case 0: return .unary(.negate, below(dtype))
    case 1: return .unary(.abs, below(dtype))
    case 2:
      let condition: Expr = number(0...1) == 0 ? .compare(.less, below(dtype), below(dtype)) : .int(Int64(number(0...1)), .bool)
      let first = below(dtype)
      return .select(condition, first, number(0...2) == 0 ? first : below(dtype))
    case 3: return .cast(dtype, below([.float32, .float64, .int32, .uint8, dtype][number(0...4)]))
    case 4 where dtype.isFloat: return .binary(.power, below(dtype), .constant(2, dtype))
    default:
      let first = below(dtype)
      // Now and then the second operand is part of the first: `max(max(x, y), y)`.
      let second = number(0...3) == 0 ? first.children.last ?? first : below(dtype)
      let function: BinaryFunction = [.add, .subtract, .multiply, .divide, .minimum, .maximum][number(0...5)]
      return .binary(function, first, second.dtype == dtype ? second : first)
    }
  }
}
