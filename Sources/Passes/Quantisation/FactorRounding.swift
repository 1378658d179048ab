import GraphIR
import LoopIR
import Operators
import Targets
import Tensors

extension GraphPass {
  /// Behind the choice of algorithms, where `target` sums products of bfloat16.
  package static func roundFactors(for target: Target) -> GraphPass {
    GraphPass(
      "round-factors", "What is multiplied with weights of bfloat16 becomes bfloat16, too, where each weight serves several products.",
      .within(0.05)
    ) { (graph) throws(Diagnostic) in
      guard target.hasBFloat16Products else { return }
      var rounding = Rounding(graph, target)
      guard !rounding.factors.isEmpty else { return }
      try graph.edit { (editor, node) throws(Diagnostic) in editor.place(try rounding.rounded(node, &editor)) }
    }
  }
}

/// Values as bfloat16, each made where it is wanted first.
private struct Rounding {
  /// Values that products read.
  let factors: Set<ValueID>
  /// Those of them that everybody reads as bfloat16.
  private let shared: Set<ValueID>
  private let target: Target
  private var made: [ValueID: ValueID] = [:]

  init(_ graph: Graph, _ target: Target) {
    self.target = target
    let products = graph.nodes.filter { graph.multipliesPairs($0, target) }
    let factors = Set(products.compactMap { $0.inputs[0] })
    let (readers, results) = (graph.readers, graph.results)
    shared = factors.filter { id in
      !results.contains(id) && (readers[id] ?? []).allSatisfy { graph.nodes[$0].readsRounded(id, graph, target) }
    }
    self.factors = factors
  }

  /// The node with what it reads as bfloat16 in its place.
  mutating func rounded(_ node: Node, _ editor: inout Editor) throws(Diagnostic) -> Node {
    var result = node
    if editor.graph.multipliesPairs(node, target), let id = node.inputs[0] {
      result.op = node.op.widening
      result.inputs[0] = try factor(id, &editor)
    }
    for (position, id) in node.inputs.enumerated() {
      guard let id, shared.contains(id), let operand = node.operandNumber(at: position) else { continue }
      result.inputs[position] = try factor(id, &editor)
      result.widenOperand(operand)
    }
    return result
  }

  private mutating func factor(_ id: ValueID, _ editor: inout Editor) throws(Diagnostic) -> ValueID {
    if let made = made[id] { return made }
    let body = ElementwiseBody(.cast(.bfloat16, ElementwiseBody.input(0, .float32)))
    let factor = try editor.add(Map(body, inputCount: 1), [id], name: editor.graph[id].name + ".bf16", label: "bf16")
    made[id] = factor
    return factor
  }
}

extension Graph {
  /// Fewer rows than this do not repay the rounding of what they read.
  private static let fewestRows = 4
  /// As images have: their planes may stay where they are.
  private static let fewestChannels = 8

  /// A product with weights of bfloat16 whose factors lie in pairs.
  fileprivate func multipliesPairs(_ node: Node, _ target: Target) -> Bool {
    guard node.operatorInputs.count > 1, let input = node.inputs[0], let weights = node.inputs[1].flatMap({ constants[$0] }) else {
      return false
    }
    guard weights.dtype == .bfloat16, type(input).dtype == .float32, let channels = type(input).shape.last?.constant else { return false }
    let output = type(node.outputs[0]).shape
    let rows = Array(output.dropLast()).elementCount.constant ?? Graph.fewestRows
    guard rows >= Graph.fewestRows, channels >= Graph.fewestChannels, output.last?.constant ?? 0 >= target.lanes else { return false }
    switch node.op {
    case let op as MatMul: return !op.widens && !op.transposeA && weights.rank == 2
    case let op as Convolution: return !op.widens && op.groups == 1 && !op.window.roundsUp
    default: return false
    }
  }
}

extension Node {
  /// Wherever the node reads the value, it can read it as bfloat16.
  fileprivate func readsRounded(_ id: ValueID, _ graph: Graph, _ target: Target) -> Bool {
    let isFactor = graph.multipliesPairs(self, target)
    return inputs.enumerated().allSatisfy { position, input in
      input != id || position == 0 && isFactor || operandNumber(at: position) != nil
    }
  }

  /// The number in the node's body, or its epilogue's, of the operand at a position of its inputs.
  fileprivate func operandNumber(at position: Int) -> Int? {
    if op is Map { return epilogue == nil ? position : nil }
    let first = operatorInputs.count
    return position >= first ? position - first + 1 : nil
  }

  /// The body reads an operand as bfloat16 and computes with the same number as float32.
  fileprivate mutating func widenOperand(_ number: Int) {
    let replacement = ["x\(number)": Expr.cast(.float32, ElementwiseBody.input(number, .bfloat16))]
    if let epilogue {
      self.epilogue = Epilogue(ElementwiseBody(epilogue.body.body.substituting(replacement)), operandCount: epilogue.operandCount)
    } else if let body = op.elementwise {
      op = Map(ElementwiseBody(body.body.substituting(replacement)), inputCount: inputs.count)
    }
  }
}

extension Operator {
  /// The same product with sums in float32.
  fileprivate var widening: any Operator {
    switch self {
    case var op as MatMul:
      op.widens = true
      return op
    case var op as Convolution:
      op.widens = true
      return op
    default: return self
    }
  }
}
