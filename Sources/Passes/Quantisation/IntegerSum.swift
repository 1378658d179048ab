import GraphIR
import LoopIR
import Operators
import Tensors

/// An operator whose int32 results stand for the real numbers `step * sum + offset`.
struct IntegerSum {
  let op: any Operator
  let step: Numbers
  let offset: Numbers
  let bounds: ClosedRange<Int64>
  /// What the operator gives, as int32.
  var variable = ElementwiseBody.input(0, .int32)
}

extension IntegerSum {
  /// An average of codes as their sum. `nil` for other nodes, and where extents are open.
  init?(averaging node: Node, in graph: Graph, _ input: AffineCode) {
    guard let x = node.inputs.first ?? nil, let dims = graph.type(x).shape.constants, !dims.contains(0) else { return nil }
    switch node.op {
    case let op as Pool where op.kind == .average: self.init(op, dims, input)
    case let op as Reduce where op.function == .mean:
      let axes = op.axes.isEmpty ? Array(dims.indices) : op.axes.map { $0 < 0 ? $0 + dims.count : $0 }
      let count = axes.reduce(1) { $0 * dims[$1] }
      let sum = Reduce(.sum, axes: op.axes, keepDims: op.keepDims, widens: true)
      self.init(sum, count: Numbers(Double(count)), share: Numbers(1), input)
    default: return nil
    }
  }

  /// What pooling makes of ones tells how many elements are summed at each place, and by what an average divides there.
  private init?(_ pool: Pool, _ dims: [Int], _ input: AffineCode) {
    let ones = [1] + dims.dropFirst().dropLast() + [1]
    let tensor = Tensor(.float32, ones, [Double](repeating: 1, count: ones.reduce(1, *)))
    let counter = Pool(.sum, size: pool.size, pool.window)
    guard let counts = try? counter.evaluate([tensor])[0], let shares = try? pool.evaluate([tensor])[0] else { return nil }
    let sum = Pool(.sum, size: pool.size, pool.window, widens: true)
    self.init(sum, count: Numbers(counts).collapsed, share: Numbers(shares).collapsed, input)
  }

  /// `share` is the average of as many ones as are counted.
  private init?(_ sum: any Operator, count: Numbers, share: Numbers, _ input: AffineCode) {
    let (least, most) = (Double(input.limits.lowerBound), Double(input.limits.upperBound))
    guard count.least >= 1, count.greatest * max(-least, most) < 0x1p30, let divisor = count.combined(share, /) else { return nil }
    op = sum
    step = divisor.map { input.scale / $0 }
    offset = share.map { -input.scale * Double(input.zero) * $0 }
    bounds = Int64(count.greatest * least)...Int64(count.greatest * most)
  }

  var operand: IntegerOperand { .sum(step: step, offset: offset, bounds: bounds) }
}

extension Numbers {
  /// One number where all are equal.
  var collapsed: Numbers { uniform.map { Numbers($0) } ?? self }
}

extension Node {
  /// The node with other inputs before those of its epilogue.
  func reading(_ ids: [ValueID?]) -> Node {
    var copy = self
    copy.inputs = ids + (epilogueInputs as [ValueID?])
    return copy
  }
}

extension Quantiser {
  /// Averages of codes.
  mutating func placeAverage(_ node: Node, _ editor: inout Editor) throws(Diagnostic) -> Bool {
    guard let x = node.inputs[0], let input = codes[x]?.asFactor, let sum = IntegerSum(averaging: node, in: editor.graph, input) else {
      return false
    }
    let result = isWantedAsCode(node.outputs[0]) ? codes[node.outputs[0]] : nil
    guard let made = try fused(sum, node, result, &editor) else { return false }
    place(made.reading([try factorCode(x, &editor)]), node, isCode: result != nil, &editor)
    return true
  }

  mutating func place(_ made: Node, _ node: Node, isCode: Bool, _ editor: inout Editor) {
    if isCode { place(made, codeOf: node, &editor) } else { editor.place(made) }
  }

  /// The node on integers, without its own inputs, with an epilogue over its sums that ends in codes or, where no reader wants these, in
  /// floats.
  mutating func fused(_ sum: IntegerSum, _ node: Node, _ result: AffineCode?, _ editor: inout Editor) throws(Diagnostic) -> Node? {
    let body = node.epilogue?.body.body ?? ElementwiseBody.input(0, .float32)
    var made = node
    made.op = sum.op
    var operands = RenamedOperands(first: 1)
    operands.replace("x0", by: sum.variable)
    let expr: Expr
    if let result, let integers = integerBody(body, sum, node, result, editor) {
      try add(integers, node.epilogueInputs, first: 1, name: node.name, to: &operands, &editor)
      expr = integers.expr
    } else {
      guard let real = try realBody(body, sum, node, &operands, &editor) else { return nil }
      expr = result.map { $0.quantising(real) } ?? real
    }
    made.label = node.shownLabel
    made.inputs = operands.ids
    made.epilogue = Epilogue(ElementwiseBody(operands.renamed(expr)), operandCount: operands.ids.count)
    return made
  }

  private func integerBody(_ body: Expr, _ sum: IntegerSum, _ node: Node, _ result: AffineCode, _ editor: Editor) -> IntegerBody? {
    guard var operands = editor.graph.integerOperands(node.epilogueInputs, first: 1, codes) else { return nil }
    operands["x0"] = sum.operand
    return IntegerBody(body, operands, result: result)
  }

  /// The body on floats: sums are scaled first. The offset is added to the sum, so that no product is followed by a sum that compilers
  /// might fuse with it.
  private mutating func realBody(
    _ body: Expr, _ sum: IntegerSum, _ node: Node, _ operands: inout RenamedOperands, _ editor: inout Editor
  ) throws(Diagnostic) -> Expr? {
    var constants = IntegerConstants()
    guard let start = sum.offset.combined(sum.step, /), let offset = constants.integers(start),
      let total = FixedPoint(sum.variable, sum.bounds)?.plus(offset)
    else { return nil }
    for (position, tensor) in constants.tensors.enumerated() {
      operands.add("c\(position)", editor.addConstant("\(node.name).c\(position)", tensor), .int32)
    }
    let step = editor.addConstant(node.name + ".step", Tensor(.float32, sum.step.dims, sum.step.values))
    operands.add("step", step, .float32)
    for (position, id) in node.epilogueInputs.enumerated() {
      operands.add("x\(position + 1)", try float(id, &editor), editor.type(id).dtype)
    }
    let real = Expr.binary(.multiply, .cast(.float32, total.expr), .variable(Variable("step", ValueType(.float32))))
    return body.substituting(["x0": real])
  }
}
