import GraphIR
import Operators
import Tensors

extension GraphPass {
  package static let orientProducts = GraphPass(
    "orient-products",
    "Transposes of the last two axes before a matrix product become its flags; right sides that are known, or large, are not transposed."
  ) { (graph) throws(Diagnostic) in
    let shared = graph.constantsReadTransposedOnly
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
      if op.transposeB, let b = node.inputs[1], editor.constant(b) != nil, shared.contains(b) || editor.isReadHereOnly(b) {
        op.transposeB = false
        node.inputs[1] = try editor.transpose(b, .swapped(editor.type(b).rank))
      }
      if op.transposeB, let b = node.inputs[1], editor.paysToTranspose(b, of: node) {
        op.transposeB = false
        node.inputs[1] = try editor.transpose(b, .swapped(editor.type(b).rank))
      }
      node.op = op
      editor.place(node)
    }
  }
}

extension Graph {
  /// Constants that are nothing but right sides of products which read them transposed: the same weights in several layers.
  fileprivate var constantsReadTransposedOnly: Set<ValueID> {
    let readers = self.readers
    return Set(constants.keys).filter { id in
      guard !results.contains(id), let positions = readers[id] else { return false }
      return positions.allSatisfy { position in
        let node = nodes[position]
        return node.inputs.firstIndex(of: id) == 1 && node.inputs.lastIndex(of: id) == 1 && (node.op as? MatMul)?.transposeB == true
      }
    }
  }
}

extension Editor {
  /// What a transpose of nothing but the last two axes is applied to.
  func sourceOfSwappedAxes(_ id: ValueID?) -> ValueID? {
    guard let (source, order) = transposition(producer(of: id)), order == .swapped(order.count) else { return nil }
    return source
  }

  /// Many rows share the right side: to gather its columns again for each tile of rows would cost more than to move them once.
  fileprivate func paysToTranspose(_ b: ValueID, of node: Node) -> Bool {
    let shape = type(node.outputs[0]).shape
    guard type(b).dtype.isFloat, let rows = shape[shape.count - 2].constant, let columns = shape[shape.count - 1].constant else {
      return false
    }
    return constant(b) == nil && rows >= 16 && columns >= 16
  }
}

extension [Int] {
  /// The order of axes with the last two exchanged.
  fileprivate static func swapped(_ rank: Int) -> [Int] { Array(0..<rank - 2) + [rank - 1, rank - 2] }
}
