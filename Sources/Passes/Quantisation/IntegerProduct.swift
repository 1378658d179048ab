import GraphIR
import Operators
import Tensors

extension Node {
  /// A matrix product none of whose factors is known when we compile, as in attention.
  func isProductOfValues(in graph: Graph) -> Bool {
    op is MatMul && operatorInputs.count == 2 && operatorInputs.allSatisfy { $0.map { graph.constants[$0] == nil } ?? false }
  }
}

extension Graph {
  /// Codes around 128 for second factors of products of values and what shares their codes.
  func centreSecondFactors(_ groups: CodeGroups, _ codes: inout [ValueID: AffineCode]) {
    let factors = nodes.filter { $0.isProductOfValues(in: self) }.compactMap { $0.inputs[1] }
    let chosen = Set(factors.map { groups.representative(of: $0) })
    for (id, code) in codes where chosen.contains(groups.representative(of: id)) { codes[id] = code.centred ?? code }
  }
}

extension IntegerSum {
  /// A product of two values as the sum of the products of their codes less their zeros. `nil` where int32 might not hold it.
  init?(product node: Node, in graph: Graph, _ codes: [ValueID: AffineCode]) {
    guard node.isProductOfValues(in: graph), var op = node.op as? MatMul, let x = node.inputs[0], let y = node.inputs[1],
      let a = codes[x]?.asFactor, let b = codes[y]?.asFactor
    else { return nil }
    (op.widens, op.zeroA, op.zeroB) = (true, a.zero, b.zero)
    guard let bounds = op.bounds(graph.type(x).shape, a.limits, b.limits), bounds.lowerBound > -(1 << 30), bounds.upperBound < 1 << 30
    else { return nil }
    self.init(op: op, step: Numbers(a.scale * b.scale), offset: Numbers(0), bounds: bounds)
  }
}

extension Quantiser {
  mutating func placeProduct(_ node: Node, _ editor: inout Editor) throws(Diagnostic) -> Bool {
    guard let sum = IntegerSum(product: node, in: editor.graph, codes) else { return false }
    let factors = try node.inputs.prefix(2).compactMap { $0 }.map { (id) throws(Diagnostic) in try factorCode(id, &editor) }
    return try place(sum, of: node, factors, &editor)
  }

  /// Places an operator on codes, with the epilogue of `node` behind its sums.
  mutating func place(_ sum: IntegerSum, of node: Node, _ ids: [ValueID], _ editor: inout Editor) throws(Diagnostic) -> Bool {
    let result = isWantedAsCode(node.outputs[0]) ? codes[node.outputs[0]] : nil
    guard let made = try fused(sum, node, result, &editor) else { return false }
    place(made.reading(ids), node, isCode: result != nil, &editor)
    return true
  }
}
