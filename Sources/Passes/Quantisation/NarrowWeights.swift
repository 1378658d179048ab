import GraphIR
import LoopIR
import Operators
import Targets
import Tensors

/// What the weights of products are kept as, where everything is computed with floats.
package enum NarrowType: Hashable, Sendable {
  /// With a step for each output channel.
  case int8
  /// With a scale for each group of inputs, where there are enough that share one; else int8.
  case int4
  /// Where none is too large for it.
  case float16
  case bfloat16
  /// Where that is faster.
  case fasterBFloat16(Target)
}

extension GraphPass {
  /// Before layouts and algorithms are chosen.
  package static func narrowWeights(_ type: NarrowType) -> GraphPass {
    GraphPass(
      "narrow-weights", "Weights of products take fewer bits; everything is computed with floats.", .within(type == .int4 ? 0.5 : 0.05)
    ) { (graph) throws(Diagnostic) in
      var rounded: [ValueID: ValueID] = [:]
      try graph.edit { (editor, node) throws(Diagnostic) in
        switch type {
        case .int8: editor.place(editor.onSteps(node) ?? node)
        case .int4: editor.place(editor.grouped(node) ?? editor.onSteps(node) ?? node)
        case .fasterBFloat16(let target) where !editor.gains(node, target): editor.place(node)
        case .float16: editor.place(editor.rounded(node, to: .float16, &rounded))
        case .bfloat16, .fasterBFloat16: editor.place(editor.rounded(node, to: .bfloat16, &rounded))
        }
      }
    }
  }
}

extension Editor {
  /// Below, what is saved is less than what the steps take.
  private static let fewestWeights = 256

  /// The float weights of a node, if they are worth narrowing.
  private func wideWeights(_ node: Node) -> (id: ValueID, tensor: Tensor)? {
    guard node.operatorInputs.count > 1, let id = node.inputs[1], let tensor = constant(id) else { return nil }
    return tensor.dtype == .float32 && tensor.count >= Editor.fewestWeights ? (id, tensor) : nil
  }

  /// The float weights of a layer that can have scales behind its sums.
  private func scalableWeights(_ node: Node) -> (id: ValueID, tensor: Tensor)? {
    guard node.isLayer, let weights = wideWeights(node), !(node.op is MatMul) || weights.tensor.rank == 2 else { return nil }
    return weights
  }

  /// Weights of bfloat16 make the node faster on the target, or at least not slower: each is read for a few products only and has to be
  /// waited for, or products of pairs are summed.
  fileprivate func gains(_ node: Node, _ target: Target) -> Bool {
    guard target.lanes > 1, !target.hasBFloat16Products else { return true }
    guard let (_, weights) = wideWeights(node), let cache = target.caches.last else { return false }
    let outputs = type(node.outputs[0]).shape
    let rows = node.op.isRecurrent ? 1 : Array(outputs.dropLast()).elementCount.constant ?? .max
    return rows <= 4 && 4 * weights.count > cache / 2
  }

  /// The node with weights of another float type, if it holds them; those that several nodes read are made once and put into `made`.
  fileprivate mutating func rounded(_ node: Node, to dtype: DType, _ made: inout [ValueID: ValueID]) -> Node {
    guard node.op.multipliesWeights, let (id, weights) = wideWeights(node) else { return node }
    let reals = weights.doubles
    guard reals.allSatisfy({ dtype.rounded($0).isFinite || !$0.isFinite }) else { return node }
    let narrow = made[id] ?? addConstant("\(graph[id].name).\(dtype)", Tensor(dtype, weights.dims, reals))
    made[id] = narrow
    var result = node
    result.inputs[1] = narrow
    return result
  }

  /// A recurrent layer with whole numbers as its kernel.
  private mutating func steppedCell(_ node: Node) -> Node? {
    guard let position = node.op.kernelStepsPosition, let (id, weights) = wideWeights(node), weights.rank == 2 else { return nil }
    let columns = weights.dims[1]
    let narrow = IntegerWeights(weights, channels: columns, channel: { $0 % columns })
    var inputs = Array(node.operatorInputs)
    inputs += [ValueID?](repeating: nil, count: max(position + 1 - inputs.count, 0))
    inputs[1] = addConstant(graph[id].name + ".int8", narrow.tensor)
    inputs[position] = addConstant(graph[id].name + ".steps", Tensor(.float32, [columns], narrow.steps))
    var result = node
    result.inputs = inputs + node.epilogueInputs
    return result
  }

  /// The node with whole numbers as weights.
  fileprivate mutating func onSteps(_ node: Node) -> Node? {
    if let cell = steppedCell(node) { return cell }
    guard let (id, weights) = scalableWeights(node), let shape = WeightShape(node.op, weights.dims) else { return nil }
    let narrow = IntegerWeights(weights, channels: shape.outputs, channel: shape.output)
    return scaled(node, node.op, [addConstant(graph[id].name + ".int8", narrow.tensor)], by: narrow.steps)
  }

  /// The node with whole numbers of four bits as weights.
  fileprivate mutating func grouped(_ node: Node) -> Node? {
    guard let (id, weights) = scalableWeights(node), let op = node.op.grouped(weights) else { return nil }
    let grouped = GroupedWeights(weights)
    let name = graph[id].name
    let tensors = [addConstant(name + ".int4", grouped.codes), addConstant(name + ".scales", grouped.scales)]
    return scaled(node, op, tensors, by: grouped.steps)
  }

  /// The node over other weights. Its epilogue begins with the steps of output channels, and with the bias that the operator had.
  private mutating func scaled(_ node: Node, _ op: any Operator, _ weights: [ValueID], by steps: [Double]) -> Node {
    var shared = SharedInputs(in: graph, first: 1)
    let epilogue = shared.epilogue(node, result: .float32)
    var operands = shared.ids
    func operand(_ id: ValueID) -> Expr {
      operands.append(id)
      return ElementwiseBody.input(operands.count, .float32)
    }
    let steps = addConstant(graph[weights[0]].name + ".steps", Tensor(.float32, [steps.count], steps))
    var sum = ElementwiseBody.input(0, .float32) * operand(steps)
    if node.operatorInputs.count > 2, let bias = node.operatorInputs[2] { sum = sum + operand(bias) }
    var result = node
    result.op = op
    result.inputs = [node.inputs[0]] + weights + operands
    result.epilogue = Epilogue(ElementwiseBody(epilogue.substituting(["x0": sum])), operandCount: operands.count)
    return result
  }
}

extension Operator {
  /// Its second input is multiplied with its first, or with what it has computed, in sums.
  fileprivate var multipliesWeights: Bool {
    if let op = self as? MatMul { return !op.widens }
    if let op = self as? Convolution { return !op.widens }
    return isRecurrent || self is DepthwiseConvolution || self is ConvolutionTranspose
  }
}
