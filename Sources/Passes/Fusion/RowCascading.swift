import GraphIR
import Operators
import Targets
import Tensors

extension GraphPass {
  /// Where `target` has vectors.
  package static func cascadeRows(for target: Target) -> GraphPass {
    GraphPass(
      "cascade-rows", "Layers between which the caches do not hold a tensor are computed together, a few rows at a time.", .within(1e-5)
    ) { (graph) throws(Diagnostic) in
      guard target.lanes > 1, let cache = target.caches.last else { return }
      try graph.edit { (editor, node) throws(Diagnostic) in
        guard let source = editor.cascadeSource(of: node, beyond: cache) else { return editor.place(node) }
        // The chain stands where its last layer stood: there all operands are known.
        editor.removeProducer(of: source.outputs[0])
        editor.place(editor.cascade(source, node))
      }
    }
  }
}

extension Editor {
  /// The node whose result nobody but this one reads, row by row, and that is larger than `bytes` for a single image: many images do
  /// not make rows longer, and short ones leave registers empty.
  fileprivate func cascadeSource(of node: Node, beyond bytes: Int) -> Node? {
    guard let id = node.inputs.first ?? nil, let source = producer(of: id), isReadHereOnly(id), isRowwise(node) else { return nil }
    guard source.op is Cascade || isRowwise(source), !node.inputs.dropFirst().contains(id) else { return nil }
    let size = Shape(type(id).shape.dropFirst()).elementCount.constant.map { $0 * type(id).dtype.byteCount } ?? 0
    return size > bytes ? source : nil
  }

  private func isRowwise(_ node: Node) -> Bool {
    let types = graph.types(node.inputs).compactMap { $0 } + node.outputs.map { type($0) }
    guard types.allSatisfy({ $0.shape.dropFirst().allSatisfy { $0.constant != nil } }) else { return false }
    guard let op = node.op as? any RowOperator, let window = op.rowWindow(graph.types(node.operatorInputs)) else { return false }
    // No row is computed for nothing.
    return window.axis.stride <= window.axis.reach(window.taps)
  }

  /// `source`, or the chain that it is, with `node` behind it.
  fileprivate func cascade(_ source: Node, _ node: Node) -> Node {
    var chain = Chain(source, self)
    chain.append(node, self)
    chain.body.outputs = [Graph.Output(name: node.name, value: chain.body.nodes[chain.body.nodes.count - 1].outputs[0])]
    return Node(
      name: node.name, op: Cascade(chain.body), inputs: chain.inputs, outputs: node.outputs,
      label: source.shownLabel + ">" + node.shownLabel)
  }
}

/// A chain of layers, and what it reads from the graph around it.
private struct Chain {
  var body = Graph(name: "chain")
  var inputs: [ValueID] = []

  init(_ source: Node, _ editor: Editor) {
    if let op = source.op as? Cascade {
      (body, inputs) = (op.body, source.inputs.compactMap { $0 })
    } else {
      append(source, editor)
    }
  }

  /// `node`, whose first input becomes the result of the layer before it.
  mutating func append(_ node: Node, _ editor: Editor) {
    var copy = node
    let before = body.nodes.last?.outputs[0]
    copy.inputs = node.inputs.enumerated().map { position, id in
      if position == 0, let before { return before }
      return id.map { inner($0, editor) }
    }
    copy.outputs = node.outputs.map { body.addValue(editor.graph[$0].name, editor.type($0)) }
    body.nodes.append(copy)
  }

  private mutating func inner(_ id: ValueID, _ editor: Editor) -> ValueID {
    if let position = inputs.firstIndex(of: id) { return body.inputs[position] }
    inputs.append(id)
    return body.addInput(editor.graph[id].name, editor.type(id))
  }
}
