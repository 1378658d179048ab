import GraphIR
import LoopIR
import Operators
import Tensors

extension GraphPass {
  package static let fuseMaps = GraphPass(
    "fuse-maps", "Chains and diamonds of elementwise nodes become one node; nothing is computed twice for it."
  ) { (graph) throws(Diagnostic) in
    try graph.edit { (editor, node) throws(Diagnostic) in
      var node = node
      while let fused = editor.fusedWithAnInput(node) { node = fused }
      editor.place(node)
    }
  }
}

extension Editor {
  /// Bodies beyond this many operations help nobody: registers are full long before.
  private static let largestBody = 96

  /// The node with the map that computes one of its inputs taken in; that map is removed.
  fileprivate mutating func fusedWithAnInput(_ node: Node) -> Node? {
    guard let body = node.op.elementwise else { return nil }
    for case let id? in node.inputs {
      guard let producer = producer(of: id), let fused = fused(producer, into: node, body) else { continue }
      removeProducer(of: id)
      return fused
    }
    return nil
  }

  private func fused(_ producer: Node, into node: Node, _ body: ElementwiseBody) -> Node? {
    let value = producer.outputs[0]
    guard let inner = producer.op.elementwise, isReadHereOnly(value) else { return nil }
    guard type(value).shape.withoutLeadingOnes == type(node.outputs[0]).shape.withoutLeadingOnes else { return nil }
    var shared = SharedInputs(in: graph)
    let first = shared.expression(producer, inner)
    var probe = SharedInputs(in: graph)
    let uses = probe.expression(node, body, replacing: [value: .variable(Variable("it", ValueType(first.dtype)))]).uses(of: "it")
    let second = shared.expression(node, body, replacing: [value: first])
    guard uses <= 1 || !first.isCostly, second.operationCount <= Editor.largestBody else { return nil }
    let label = producer.shownLabel + "+" + node.shownLabel
    return Node(map: second, shared.ids, name: node.name, label: label, output: node.outputs[0])
  }
}

extension Shape {
  /// Extents of one at the front change nothing about where elements lie.
  var withoutLeadingOnes: ArraySlice<Dim> { drop { $0 == 1 } }
}
