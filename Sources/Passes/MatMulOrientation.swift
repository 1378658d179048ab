import GraphIR
import Operators
import Tensors

extension GraphPass {
  package static let orientProducts = GraphPass(
    "orient-products",
    "Transposes of the last two axes before a matrix product become its flags; known right sides are stored untransposed."
  ) { (graph) throws(Diagnostic) in
    try graph.edit { (editor, node) throws(Diagnostic) in
      guard var op = node.op as? MatMul else { return editor.place(node) }
      var node = node
      if let source = editor.sourceOfSwappedAxes(node.inputs[0]) {
        op.transposeA.toggle()
        node.inputs[0] = source
      }
      if let source = editor.sourceOfSwappedAxes(node.inputs[1]) {
        op.transposeB.toggle()
        node.inputs[1] = source
      }
      if op.transposeB, let b = node.inputs[1], editor.constant(b) != nil, editor.isReadHereOnly(b) {
        op.transposeB = false
        node.inputs[1] = try editor.transpose(b, .swapped(editor.type(b).rank))
      }
      node.op = op
      editor.place(node)
    }
  }
}

extension Editor {
  /// What a transpose of nothing but the last two axes is applied to.
  fileprivate func sourceOfSwappedAxes(_ id: ValueID?) -> ValueID? {
    guard let (source, order) = transposition(producer(of: id)), order == .swapped(order.count) else { return nil }
    return source
  }
}

extension [Int] {
  /// The order of axes with the last two exchanged.
  fileprivate static func swapped(_ rank: Int) -> [Int] { Array(0..<rank - 2) + [rank - 1, rank - 2] }
}
