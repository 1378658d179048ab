import GraphIR
import LoopIR
import Operators
import Tensors

extension GraphPass {
  package static let simplifyBodies = GraphPass(
    "simplify-bodies", "Elementwise bodies lose operations that change no bit, and inputs that they do not read."
  ) { (graph) throws(Diagnostic) in
    for position in graph.nodes.indices { graph.nodes[position] = try graph.simplified(graph.nodes[position]) }
  }

  package static let expandPowers = GraphPass(
    "expand-powers", "Powers to a small whole number, and quotients inside of erf, become products, which C compilers and vectors prefer.",
    .within(1e-6)
  ) { (graph) throws(Diagnostic) in
    for position in graph.nodes.indices {
      let node = graph.nodes[position]
      if let map = node.op as? Map {
        graph.nodes[position].op = Map(ElementwiseBody(map.body.body.withoutPowers), inputCount: map.inputCount)
      }
      if let epilogue = node.epilogue { graph.nodes[position].epilogue?.body = ElementwiseBody(epilogue.body.body.withoutPowers) }
    }
  }
}

extension Graph {
  fileprivate func simplified(_ node: Node) throws(Diagnostic) -> Node {
    if let body = node.op.elementwise {
      var shared = SharedInputs(in: self)
      let expression = shared.expression(node, body).simplified
      let (pruned, ids) = expression.readingOnly(shared.ids, first: 0)
      return rewritten(node, pruned, ids) ?? rewritten(node, expression, shared.ids) ?? node
    }
    guard node.epilogue != nil else { return node }
    var shared = SharedInputs(in: self, first: 1)
    let expression = shared.epilogue(node, result: try resultType(node)).simplified
    let (pruned, ids) = expression.readingOnly(shared.ids, first: 1)
    return rewritten(node, epilogue: pruned, ids)
  }
}

extension Expr {
  /// The expression renumbered so that it has no inputs that it does not read.
  fileprivate func readingOnly(_ ids: [ValueID], first: Int) -> (Expr, [ValueID]) {
    let read = variables
    let kept = ids.indices.filter { read.contains("x\($0 + first)") }
    var numbers: [String: Int] = [:]
    for (number, position) in kept.enumerated() { numbers["x\(position + first)"] = number + first }
    return (renamed(numbers), kept.map { ids[$0] })
  }

  private func renamed(_ numbers: [String: Int]) -> Expr {
    guard case .variable(let variable) = self else { return mapChildren { $0.renamed(numbers) } }
    return numbers[variable.name].map { ElementwiseBody.input($0, variable.type.dtype) } ?? self
  }

  /// Powers of variables to 3 and 4 as products, and what goes into erf (smooth, so that a rounding more does not show) by a constant.
  fileprivate var withoutPowers: Expr {
    let expr = mapChildren(\.withoutPowers)
    if case .unary(.erf, .binary(.divide, let x, .float(let divisor, .float32))) = expr, Float(1 / divisor).isNormal {
      return .unary(.erf, x * .float(Double(Float(1 / divisor)), .float32))
    }
    guard case .binary(.power, let x, .float(let exponent, _)) = expr, case .variable = x else { return expr }
    switch exponent {
    case 2: return x * x
    case 3: return x * x * x
    case 4: return (x * x) * (x * x)
    default: return expr
    }
  }
}
