import LoopIR
import Tensors
import TestSupport
import Testing

private let rules = DType.allCases.flatMap { Rule.all[$0] ?? [] }

@Test(arguments: rules) func everyRuleKeepsTheBits(rule: Rule) throws {
  var generator = SeededGenerator(1)
  for trial in 0..<50 {
    let types = rule.pattern.metavariables
    let values = types.mapValues { Tensor.random($0, [1], trial % 2 == 0 ? .hard : .whole, using: &generator) }
    let bindings = types.keys.reduce(into: [String: Expr]()) {
      $0[$1] = .variable(Variable("v" + $1.dropFirst(), ValueType(types[$1] ?? .bool)))
    }
    let before = rule.pattern.substituting(bindings)
    let after = try #require(rule.apply(before), "\(rule) does not match \(before)")
    let evaluator = ColumnEvaluator(
      .typed,
      variables: { (variable) throws(Diagnostic) in Column(values["#" + variable.name.dropFirst()] ?? Tensor(.bool, [1], [0])) })
    let (x, y) = (try evaluator.value(before).tensor(before.dtype, [1]), try evaluator.value(after).tensor(after.dtype, [1]))
    #expect(x == y, "\(before) on \(values)")
  }
}

@Test func aRuleNeedsEqualPartsWhereItNamesThemTwice() {
  let (x, y) = (Expr.variable(Variable("x", ValueType(.float32))), Expr.variable(Variable("y", ValueType(.float32))))
  let scope = IndexScope()
  #expect(scope.value(maximum(x, x)) == x)
  #expect(scope.value(maximum(x, y)) == maximum(x, y))
}

extension Expr {
  fileprivate var metavariables: [String: DType] {
    if case .variable(let variable) = self { return variable.name.hasPrefix("#") ? [variable.name: variable.type.dtype] : [:] }
    return children.reduce(into: [:]) { $0.merge($1.metavariables) { first, _ in first } }
  }
}
