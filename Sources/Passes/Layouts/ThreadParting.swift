import GraphIR
import Operators
import Tensors

extension GraphPass {
  /// Behind all passes that choose algorithms.
  package static let partLayers = GraphPass(
    "part-layers", "Layers that are computed step by step, or block by block, are dealt out evenly to threads.", .sameBits
  ) { (graph) throws(Diagnostic) in
    try graph.edit { (editor, node) throws(Diagnostic) in editor.place(editor.parted(node)) }
  }
}

/// Parts of a chain of layers: what threads up to so many share evenly, though each part computes some rows again.
private let chainParts = 4

extension Editor {
  fileprivate func parted(_ node: Node) -> Node {
    var result = node
    if var op = node.op as? Cascade {
      op.parts = chainParts
      result.op = op
    } else if var op = node.op as? WinogradConvolution {
      op.block = evenBlock(op, of: op.squareCount(type(node.outputs[0]).shape))
      result.op = op
    }
    return result
  }

  /// Squares to a block so that two threads have as many blocks to do, where there are several.
  private func evenBlock(_ op: WinogradConvolution, of squares: Int) -> Int {
    let blocks = squares.ceilingDivision(by: op.block)
    return blocks > 1 && !blocks.isMultiple(of: 2) ? squares.ceilingDivision(by: blocks + 1) : op.block
  }
}
