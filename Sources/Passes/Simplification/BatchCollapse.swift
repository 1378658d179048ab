import GraphIR
import LoopIR
import Operators
import Tensors

extension GraphPass {
  package static let collapseBatches = GraphPass(
    "collapse-batches", "A product of many matrices with one becomes a product of one tall matrix, by reshapes that move nothing."
  ) { (graph) throws(Diagnostic) in
    try graph.edit { (editor, node) throws(Diagnostic) in
      guard let collapse = Collapse(node, in: editor) else { return editor.place(node) }
      try collapse.place(in: &editor)
    }
  }
}

/// A product `[…, M, K] · [K, N]` and its output shape.
private struct Collapse {
  let node: Node
  let a: ValueID
  let b: ValueID
  let shape: Shape
  /// All leading axes as one.
  let rows: Dim

  init?(_ node: Node, in editor: Editor) {
    guard let op = node.op as? MatMul, !op.transposeA, let a = node.inputs[0], let b = node.inputs[1] else { return nil }
    shape = editor.type(node.outputs[0]).shape
    guard editor.type(a).rank > 2, editor.type(b).shape.dropLast(2).allSatisfy({ $0 == 1 }) else { return nil }
    guard shape.count == editor.type(a).rank else { return nil }
    (self.node, self.a, self.b) = (node, a, b)
    rows = Array(shape.dropLast()).elementCount
    let output = shape
    guard node.epilogueInputs.allSatisfy({ Collapse.fits(editor.type($0).shape, output) }) else { return nil }
  }

  /// The operand varies with the column only, with the row only, or with both.
  private static func fits(_ operand: Shape, _ output: Shape) -> Bool {
    operand.dropLast().allSatisfy { $0 == 1 } || operand.count == output.count && operand.dropLast() == output.dropLast()
  }

  func place(in editor: inout Editor) throws(Diagnostic) {
    var tall = node
    tall.inputs[0] = try editor.reshape(a, to: [rows, editor.type(a).shape[editor.type(a).rank - 1]])
    tall.inputs[1] = try editor.reshape(b, to: Array(editor.type(b).shape.suffix(2)))
    for position in node.operatorInputs.count..<node.inputs.count {
      guard let operand = node.inputs[position] else { continue }
      tall.inputs[position] = try editor.reshape(operand, to: flattened(editor.type(operand).shape))
    }
    let type = editor.type(node.outputs[0])
    let product = editor.addValue(node.name + ".rows", TensorType(type.dtype, [rows, shape[shape.count - 1]]))
    tall.outputs = [product]
    editor.place(tall)
    editor.place(Node(name: node.name, op: Reshape(exactly: shape), inputs: [product], outputs: node.outputs))
  }

  private func flattened(_ operand: Shape) -> Shape {
    guard let last = operand.last else { return operand }
    return operand.dropLast().allSatisfy { $0 == 1 } ? [last] : [rows, last]
  }
}
