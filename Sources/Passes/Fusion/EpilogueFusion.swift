import GraphIR
import LoopIR
import Tensors

extension GraphPass {
  package static let fuseEpilogues = GraphPass(
    "fuse-epilogues",
    "Elementwise nodes (bias, residual, activation) behind one that can apply them before it stores become its epilogue."
  ) { (graph) throws(Diagnostic) in
    try graph.edit { (editor, node) throws(Diagnostic) in
      guard let producer = editor.epilogueProducer(for: node), let fused = try editor.fused(node, behind: producer) else {
        return editor.place(node)
      }
      // The fused node stands where the epilogue stood: there all operands are known.
      editor.removeProducer(of: producer.outputs[0])
      editor.place(fused)
    }
  }
}

extension Editor {
  /// The node that takes an elementwise one behind it: of several, one that multiplies, and the last of these, since moving it
  /// prolongs the fewest lifetimes.
  fileprivate func epilogueProducer(for node: Node) -> Node? {
    guard node.op.elementwise != nil else { return nil }
    let candidates = node.inputs.compactMap { $0 }.filter { accepts(producer(of: $0), as: node) }
    let best = candidates.max { rank($0) < rank($1) }
    return best.flatMap { producer(of: $0) }
  }

  private func rank(_ id: ValueID) -> (Int, Int) {
    guard let node = producer(of: id) else { return (0, 0) }
    let macs = node.op.macs(graph.types(node.operatorInputs), node.outputs.map { type($0) })
    return (macs == 0 ? 0 : 1, position(of: id) ?? 0)
  }

  private func accepts(_ producer: Node?, as node: Node) -> Bool {
    guard let producer, producer.op.acceptsEpilogue, producer.op.elementwise == nil else { return false }
    // Nobody reads its other outputs, as the last states of a recurrent layer.
    guard producer.outputs.dropFirst().allSatisfy({ isReadHereOnly($0) && !node.inputs.contains($0) }) else { return false }
    // What is free as a view stays one.
    guard producer.op.aliasing(graph.types(producer.operatorInputs), producer.outputs.map { type($0) }) == .none else { return false }
    let value = producer.outputs[0]
    return node.inputs.contains(value) && isReadHereOnly(value) && type(value).shape == type(node.outputs[0]).shape
  }

  fileprivate func fused(_ node: Node, behind producer: Node) throws(Diagnostic) -> Node? {
    guard let body = node.op.elementwise else { return nil }
    let own = try producer.op.infer(graph.types(producer.operatorInputs))[0].dtype
    var shared = SharedInputs(in: graph, first: 1)
    let first = shared.epilogue(producer, result: own)
    let second = shared.expression(node, body, replacing: [producer.outputs[0]: first])
    var fused = producer
    fused.name = node.name
    fused.inputs = producer.operatorInputs + shared.ids
    fused.outputs = node.outputs + producer.outputs.dropFirst()
    fused.epilogue = Epilogue(ElementwiseBody(second), operandCount: shared.ids.count)
    fused.label = producer.shownLabel + "+" + node.shownLabel
    return fused
  }
}
