import GraphIR
import LoopIR
import Operators
import Tensors

/// A product with known weights on codes: `Σ code · weight` in int32, and what turns the sum into a real number.
struct IntegerLayer {
  /// The operator on integers, without padding.
  private let op: any Operator
  /// Elements that stand before and after the input along each axis; empty for none.
  let pads: (before: [Int], after: [Int])
  let weights: IntegerWeights
  /// Of channels along the last axis: the real number is `step * sum + offset`.
  private let step: Numbers
  private let offset: Numbers

  /// `input` and `result` are the codes of the input and, if it has one, of the result; `means` are those of the input's channels, if they
  /// are known.
  init?(_ node: Node, weights: Tensor, bias: [Double]?, input: AffineCode, result: AffineCode?, means: [Double]?) {
    guard let shape = WeightShape(node.op, weights.dims), let (op, pads, _) = node.op.widened else { return nil }
    let bias = bias ?? [Double](repeating: 0, count: shape.outputs)
    guard bias.count == shape.outputs, bias.allSatisfy(\.isFinite) else { return nil }
    // So that the bias, and the whole range of the result, are far from the ends of int32.
    let reach = result.map { $0.scale * Double($0.limits.count) } ?? 0
    let leastSteps = bias.map { (abs($0) + reach) / (input.scale * 0x1p28) }
    self.weights = IntegerWeights(weights, channels: shape.outputs, channel: shape.output, leastSteps: leastSteps, codes: input.limits)
    guard self.weights.bounds.lowerBound > -(1 << 30), self.weights.bounds.upperBound < 1 << 30 else { return nil }
    let corrected = zip(bias, shape.drift(from: weights, to: self.weights, means)).map { $0 - $1 }
    (self.op, self.pads) = (op, pads)
    let steps = self.weights.steps.map { $0 * input.scale }
    step = Numbers([steps.count], steps)
    offset = Numbers(
      [steps.count], zip(corrected, zip(steps, self.weights.sums)).map { $0 - $1.0 * Double(input.zero) * Double($1.1) })
  }

  /// The sums, as bodies see them.
  var sum: IntegerSum { IntegerSum(op: op, step: step, offset: offset, bounds: weights.bounds) }
}

extension WeightShape {
  /// What rounding the weights adds to each output on average.
  fileprivate func drift(from weights: Tensor, to rounded: IntegerWeights, _ means: [Double]?) -> [Double] {
    var drift = [Double](repeating: 0, count: outputs)
    guard let means, means.count == inputs else { return drift }
    for (flat, pair) in zip(weights.doubles, rounded.tensor.integers).enumerated() {
      drift[output(flat)] += (Double(pair.1) * rounded.steps[output(flat)] - pair.0) * means[input(flat)]
    }
    return drift
  }
}

extension Quantiser {
  mutating func placeLayer(_ node: Node, _ editor: inout Editor) throws(Diagnostic) -> Bool {
    if try placeGateTable(node, &editor) { return true }
    guard let x = node.inputs[0], let weights = editor.constant(node.inputs[1]), let input = codes[x]?.asFactor else { return false }
    let own = Array(node.operatorInputs)
    let result = isWantedAsCode(node.outputs[0]) ? codes[node.outputs[0]] : nil
    let bias = own.count > 2 ? editor.constant(own[2])?.doubles : nil
    guard let layer = IntegerLayer(node, weights: weights, bias: bias, input: input, result: result, means: means[x])
    else { return false }
    let asGates = try fusedIntoGates(layer.sum, node, &editor)
    guard let made = asGates == nil ? try fused(layer.sum, node, result, &editor) : asGates else { return false }
    let padded = try padded(try factorCode(x, &editor), layer, input, node.name, &editor)
    let constants = editor.addConstant(node.name + ".weights", layer.weights.tensor)
    let reading = made.reading([padded, constants])
    if asGates != nil { placeGates(reading, node, &editor) } else { place(reading, node, isCode: result != nil, &editor) }
    return true
  }

  private mutating func padded(
    _ id: ValueID, _ layer: IntegerLayer, _ input: AffineCode, _ name: String, _ editor: inout Editor
  ) throws(Diagnostic) -> ValueID {
    if layer.pads.before.isEmpty { return id }
    let pad = Pad(before: layer.pads.before, after: layer.pads.after, value: Double(input.zero))
    return try editor.add(pad, [id], name: name + ".padded")
  }
}
