import GraphIR
import LoopIR
import Operators
import Tensors

/// A node that sums codes, in products with known weights or for an average: an int32 without rounding, and what it stands for.
struct CodedSum {
  let op: any Operator
  let input: ValueID
  let code: AffineCode
  /// Elements that stand before and after the input along each axis; empty for none.
  var pads: (before: [Int], after: [Int]) = ([], [])
  var weights: Tensor?
  /// What one stands for as a float32, by index of the last axes; `nil` where the result is the integer itself.
  var step: Numbers?
  /// Whole numbers that are added to the sum.
  let offset: Numbers
  let bounds: ClosedRange<Int64>
  /// Over the result, `x0`, and further operands from `x1`.
  let body: Expr
  /// What the operator adds to its result beside `offset`.
  var bias: ValueID?

  init?(_ node: Node, _ graph: Graph, _ codes: [ValueID: TensorCode]) {
    guard node.outputs.count == 1, let x = node.inputs.first ?? nil, graph.constants[x] == nil, let code = codes[x] else { return nil }
    if node.isLayer {
      guard let sum = CodedSum(layer: node, x, code, graph) else { return nil }
      self = sum
    } else {
      guard code.dtype == .float32, let sum = IntegerSum(averaging: node, in: graph, code.affine) else { return nil }
      guard let offset = sum.offset.combined(sum.step, /)?.map({ $0.rounded() }) else { return nil }
      (op, input, self.code, self.offset, bounds) = (sum.op, x, code.affine, offset, sum.bounds)
      step = sum.step.map { Double(Float($0)) }
      body = node.epilogue?.body.body ?? ElementwiseBody.input(0, .float32)
    }
  }

  private init?(layer node: Node, _ x: ValueID, _ code: TensorCode, _ graph: Graph) {
    guard let (op, pads, widens) = node.op.widened, widens != (code.dtype == .float32) else { return nil }
    guard let tensor = node.inputs[1].flatMap({ graph.constants[$0] }), tensor.count > 0, !(op is MatMul) || tensor.rank == 2 else {
      return nil
    }
    guard let shape = WeightShape(node.op, tensor.dims), shape.outputs > 0,
      let weights = IntegerWeights(exactly: tensor, channels: shape.outputs, channel: shape.output)
    else { return nil }
    let step = widens ? nil : Numbers([shape.outputs], weights.steps.map { Double(Float($0) * Float(code.affine.scale)) }).collapsed
    let own = node.operatorInputs.count > 2 ? node.operatorInputs[node.operatorInputs.startIndex + 2] : nil
    let bias = LayerBias(node, own, step, outputs: shape.outputs, graph)
    let offset = zip(weights.sums, bias.whole).map { Double($1 - $0 * Int64(code.affine.zero)) }
    (self.op, self.pads, self.weights, self.step) = (op, pads, weights.tensor, step)
    (input, self.code, bounds) = (x, code.affine, weights.bounds)
    self.offset = Numbers([shape.outputs], offset).collapsed
    (body, self.bias) = (bias.body, bias.rest)
    let most: Int64 = 1 << 30
    guard bounds.lowerBound > -most, bounds.upperBound < most, self.offset.magnitude < Double(most) else { return nil }
  }
}

/// The bias of a layer, the operator's or the first that its epilogue adds, as whole numbers of its steps.
private struct LayerBias {
  let whole: [Int64]
  /// The epilogue without it.
  let body: Expr
  /// A bias of the operator that is none.
  let rest: ValueID?

  init(_ node: Node, _ own: ValueID?, _ step: Numbers?, outputs: Int, _ graph: Graph) {
    let dtype: DType = step == nil ? .int32 : .float32
    let all = node.epilogue?.body.body ?? ElementwiseBody.input(0, dtype)
    let zeros = [Int64](repeating: 0, count: outputs)
    if let own {
      let whole = graph.constants[own].flatMap { LayerBias.whole($0, step, outputs) }
      (self.whole, body, rest) = (whole ?? zeros, all, whole == nil ? own : nil)
      return
    }
    rest = nil
    for (position, id) in node.epilogueInputs.enumerated() where all.uses(of: "x0") == 1 {
      guard let tensor = graph.constants[id], let whole = LayerBias.whole(tensor, step, outputs) else { continue }
      let body = all.withoutSum(with: "x\(position + 1)")
      guard body != all else { continue }
      (self.whole, self.body) = (whole, body)
      return
    }
    (whole, body) = (zeros, all)
  }

  /// The numbers whose products with the steps are exactly the bias.
  private static func whole(_ bias: Tensor, _ step: Numbers?, _ outputs: Int) -> [Int64]? {
    guard bias.count == outputs, bias.dims.last == outputs else { return nil }
    guard let step else { return bias.dtype == .int32 ? bias.integers : nil }
    guard bias.dtype == .float32 else { return nil }
    let steps = step.uniform.map { [Double](repeating: $0, count: outputs) } ?? step.values
    var whole: [Int64] = []
    for (real, step) in zip(bias.doubles, steps) {
      let number = (real / step).rounded()
      guard abs(number) < 0x1p30, Double(Float(number) * Float(step)) == real else { return nil }
      whole.append(Int64(number))
    }
    return whole
  }
}

extension Expr {
  /// `x0` in the place of `x0 + variable`.
  fileprivate func withoutSum(with name: String) -> Expr {
    if case .binary(.add, .variable(let a), .variable(let b)) = self, Set([a.name, b.name]) == ["x0", name] {
      return .variable(a.name == "x0" ? a : b)
    }
    return mapChildren { $0.withoutSum(with: name) }
  }
}

extension Operator {
  /// A product with weights as one that sums integers in int32, without its pads, and whether it did so before.
  var widened: (op: any Operator, pads: (before: [Int], after: [Int]), didWiden: Bool)? {
    switch self {
    case var op as Convolution where !op.window.roundsUp:
      let widens = op.widens
      op.widens = true
      let pads = op.window.takingPads()
      return (op, pads, widens)
    case var op as DepthwiseConvolution where !op.window.roundsUp:
      let widens = op.widens
      op.widens = true
      let pads = op.window.takingPads()
      return (op, pads, widens)
    case var op as MatMul where !op.transposeA && op.zeroA == 0 && op.zeroB == 0:
      let widens = op.widens
      op.widens = true
      return (op, ([], []), widens)
    default: return nil
    }
  }
}

extension SlidingWindow {
  /// Pads of the axes of a tensor `[N, spatial…, C]`; empty for none.
  var tensorPads: (before: [Int], after: [Int]) {
    guard (padsBefore + padsAfter).contains(where: { $0 != 0 }) else { return ([], []) }
    let axes = (0..<max(padsBefore.count, padsAfter.count)).map { along($0) }
    return ([0] + axes.map(\.before) + [0], [0] + axes.map(\.after) + [0])
  }

  /// Takes the pads away and gives them for all axes of a tensor.
  fileprivate mutating func takingPads() -> (before: [Int], after: [Int]) {
    let pads = tensorPads
    (padsBefore, padsAfter) = ([], [])
    return pads
  }
}
