import LoopIR
import Tensors

extension ElementwiseFunction {
  /// Comparisons, logic and choice. A number as a condition: what is not zero holds.
  static let comparisons: [ElementwiseFunction] = [
    comparison("equal", .any, .equal) { $0 == $1 },
    comparison("not_equal", .any, .notEqual) { $0 != $1 },
    comparison("less", .numbers, .less) { $0 < $1 },
    comparison("less_equal", .numbers, .lessOrEqual) { $0 <= $1 },
    comparison("greater", .numbers, .greater) { $0 > $1 },
    comparison("greater_equal", .numbers, .greaterOrEqual) { $0 >= $1 },
    .init("logical_not", .any, body: { x, _ in x[0].truth.applying(.not) }, meaning: { x, _ in x[0] == 0 ? 1 : 0 }),
    logic("logical_and", .and) { $0 && $1 },
    logic("logical_or", .or) { $0 || $1 },
    logic("logical_xor", .xor) { $0 != $1 },
    .init("where", 3, .selection, body: { x, _ in .select(x[0].truth, x[1], x[2]) }, meaning: { x, _ in x[0] != 0 ? x[1] : x[2] }),
  ]

  /// Bits of integers, and of bool as numbers of one bit.
  static let combinations: [ElementwiseFunction] = [
    .init("bitwise_not", .integers, body: { x, _ in x[0].applying(.bitwiseNot) }, meaning: { x, _ in -x[0] - 1 }),
    bits("bitwise_and", .and) { $0 & $1 },
    bits("bitwise_or", .or) { $0 | $1 },
    bits("bitwise_xor", .xor) { $0 ^ $1 },
    // Amounts that are negative or not less than the width move every bit out.
    shift("shift_left", .shiftLeft) { x, by in (0..<64).contains(by) ? Double(Int64(x) << Int64(by)) : 0 },
    shift("shift_right", .shiftRight) { x, by in
      (0..<64).contains(by) ? (x / Double(sign: .plus, exponent: Int(by), significand: 1)).rounded(.down) : x < 0 ? -1 : 0
    },
  ]

  private static func comparison(
    _ name: String, _ domain: Domain, _ comparison: Comparison, _ holds: @escaping @Sendable (Double, Double) -> Bool
  ) -> ElementwiseFunction {
    ElementwiseFunction(
      name, 2, domain,
      body: { x, _ in .compare(comparison, x[0], x[1]) },
      meaning: { x, _ in holds(x[0], x[1]) ? 1 : 0 })
  }

  private static func logic(_ name: String, _ function: BinaryFunction, _ holds: @escaping @Sendable (Bool, Bool) -> Bool)
    -> ElementwiseFunction
  {
    ElementwiseFunction(
      name, 2, .any,
      body: { x, _ in .binary(function, x[0].truth, x[1].truth) },
      meaning: { x, _ in holds(x[0] != 0, x[1] != 0) ? 1 : 0 })
  }

  private static func shift(_ name: String, _ function: BinaryFunction, _ meaning: @escaping @Sendable (Double, Double) -> Double)
    -> ElementwiseFunction
  {
    ElementwiseFunction(name, 2, .integers, body: { x, _ in .binary(function, x[0], x[1]) }, meaning: { x, _ in meaning(x[0], x[1]) })
  }

  private static func bits(_ name: String, _ function: BinaryFunction, _ combine: @escaping @Sendable (Int64, Int64) -> Int64)
    -> ElementwiseFunction
  {
    ElementwiseFunction(
      name, 2, .bits,
      body: { x, _ in .binary(function, x[0], x[1]) },
      meaning: { x, _ in Double(combine(Int64(x[0]), Int64(x[1]))) })
  }
}
