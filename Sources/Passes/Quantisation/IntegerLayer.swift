import GraphIR
import LoopIR
import Operators
import Tensors

/// A product with known weights on codes: `Σ code · weight` in int32, and what turns the sum into a real number.
struct IntegerLayer {
  /// The operator on integers, without padding.
  let op: any Operator
  /// Elements that stand before and after the input along each axis; empty for none.
  let pads: (before: [Int], after: [Int])
  let weights: IntegerWeights
  /// Of channels along the last axis: the real number is `step * sum + offset`.
  let step: Numbers
  let offset: Numbers

  /// `input` and `result` are the codes of the input and, if it has one, of the result.
  init?(_ node: Node, weights: Tensor, bias: [Double]?, input: AffineCode, result: AffineCode?) {
    guard let shape = WeightShape(node.op, weights.dims), let (op, pads) = IntegerLayer.widened(node.op, rank: weights.rank) else {
      return nil
    }
    let bias = bias ?? [Double](repeating: 0, count: shape.outputs)
    guard bias.count == shape.outputs, bias.allSatisfy(\.isFinite) else { return nil }
    // So that the bias, and the whole range of the result, are far from the ends of int32.
    let reach = (result?.scale ?? 0) * 256
    let leastSteps = bias.map { (abs($0) + reach) / (input.scale * 0x1p28) }
    self.weights = IntegerWeights(weights, channels: shape.outputs, channel: shape.output, leastSteps: leastSteps)
    guard self.weights.bounds.lowerBound > -(1 << 30), self.weights.bounds.upperBound < 1 << 30 else { return nil }
    (self.op, self.pads) = (op, pads)
    let steps = self.weights.steps.map { $0 * input.scale }
    step = Numbers([steps.count], steps)
    offset = Numbers(
      [steps.count], zip(bias, zip(steps, self.weights.sums)).map { $0 - $1.0 * Double(input.zero) * Double($1.1) })
  }

  /// The sums as an operand of bodies.
  var operand: IntegerOperand { .sum(step: step, offset: offset, bounds: weights.bounds) }

  private static func widened(_ op: any Operator, rank: Int) -> (any Operator, (before: [Int], after: [Int]))? {
    switch op {
    case var op as Convolution:
      op.widens = true
      let pads = op.window.takingPads(rank: rank)
      return (op, pads)
    case var op as DepthwiseConvolution:
      op.widens = true
      let pads = op.window.takingPads(rank: rank)
      return (op, pads)
    case var op as MatMul:
      op.widens = true
      return (op, ([], []))
    default: return nil
    }
  }
}

extension SlidingWindow {
  /// Takes the pads away and gives them for all axes of a tensor `[N, spatial…, C]`; empty for none.
  fileprivate mutating func takingPads(rank: Int) -> (before: [Int], after: [Int]) {
    let axes = (0..<rank - 2).map { along($0) }
    (padsBefore, padsAfter) = ([], [])
    guard axes.contains(where: { $0.before + $0.after > 0 }) else { return ([], []) }
    return ([0] + axes.map(\.before) + [0], [0] + axes.map(\.after) + [0])
  }
}

extension Quantiser {
  mutating func placeLayer(_ node: Node, _ editor: inout Editor) throws(Diagnostic) -> Bool {
    guard let x = node.inputs[0], let weights = editor.constant(node.inputs[1]), let input = codes[x] else { return false }
    let (output, own) = (node.outputs[0], Array(node.operatorInputs))
    let result = isWantedAsCode(output) ? codes[output] : nil
    let bias = own.count > 2 ? editor.constant(own[2])?.doubles : nil
    guard let layer = IntegerLayer(node, weights: weights, bias: bias, input: input, result: result) else { return false }
    guard let (made, isCode) = try fused(layer, node, result, &editor) else { return false }
    var placed = made
    placed.inputs[0] = try padded(try code(x, &editor), layer, input, node.name, &editor)
    placed.inputs[1] = editor.addConstant(node.name + ".weights", layer.weights.tensor)
    if isCode { place(placed, codeOf: node, &editor) } else { editor.place(placed) }
    return true
  }

  private mutating func padded(
    _ id: ValueID, _ layer: IntegerLayer, _ input: AffineCode, _ name: String, _ editor: inout Editor
  ) throws(Diagnostic) -> ValueID {
    if layer.pads.before.isEmpty { return id }
    let pad = Pad(before: layer.pads.before, after: layer.pads.after, value: Double(input.zero))
    return try editor.add(pad, [id], name: name + ".padded")
  }

  /// The layer with an epilogue over its sums that ends in codes or, where no reader wants these, in floats.
  private mutating func fused(
    _ layer: IntegerLayer, _ node: Node, _ result: AffineCode?, _ editor: inout Editor
  ) throws(Diagnostic) -> (Node, isCode: Bool)? {
    let body = node.epilogue?.body.body ?? ElementwiseBody.input(0, .float32)
    var made = node
    made.op = layer.op
    made.inputs = Array(node.inputs.prefix(2))
    var operands = RenamedOperands(first: 1)
    operands.replace("x0", by: ElementwiseBody.input(0, .int32))
    let expr: Expr
    if let result, let integers = integerBody(body, layer, node, result, editor) {
      try add(integers, node.epilogueInputs, first: 1, name: node.name, to: &operands, &editor)
      expr = integers.expr
    } else {
      guard let real = try realBody(body, layer, node, &operands, &editor) else { return nil }
      expr = result.map { $0.quantising(real) } ?? real
    }
    made.label = node.shownLabel
    made.inputs += operands.ids.map { $0 }
    made.epilogue = Epilogue(ElementwiseBody(operands.renamed(expr)), operandCount: operands.ids.count)
    return (made, result != nil)
  }

  private func integerBody(_ body: Expr, _ layer: IntegerLayer, _ node: Node, _ result: AffineCode, _ editor: Editor) -> IntegerBody? {
    guard var operands = editor.graph.integerOperands(node.epilogueInputs, first: 1, codes) else { return nil }
    operands["x0"] = layer.operand
    return IntegerBody(body, operands, result: result)
  }

  /// The body on floats: sums are scaled first. The offset is added to the sum, so that no product is followed by a sum that compilers
  /// might fuse with it.
  private mutating func realBody(
    _ body: Expr, _ layer: IntegerLayer, _ node: Node, _ operands: inout RenamedOperands, _ editor: inout Editor
  ) throws(Diagnostic) -> Expr? {
    var constants = IntegerConstants()
    guard let start = layer.offset.combined(layer.step, /), let offset = constants.integers(start),
      let sum = FixedPoint(ElementwiseBody.input(0, .int32), layer.weights.bounds)?.plus(offset)
    else { return nil }
    for (position, tensor) in constants.tensors.enumerated() {
      operands.add("c\(position)", editor.addConstant("\(node.name).c\(position)", tensor), .int32)
    }
    let step = editor.addConstant(node.name + ".step", Tensor(.float32, layer.step.dims, layer.step.values))
    operands.add("step", step, .float32)
    for (position, id) in node.epilogueInputs.enumerated() {
      operands.add("x\(position + 1)", try float(id, &editor), editor.type(id).dtype)
    }
    let real = Expr.binary(.multiply, .cast(.float32, sum.expr), .variable(Variable("step", ValueType(.float32))))
    return body.substituting(["x0": real])
  }
}
