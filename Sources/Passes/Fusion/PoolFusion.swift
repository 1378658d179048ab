import GraphIR
import LoopIR
import Operators
import Targets
import Tensors

extension GraphPass {
  /// Where `target` has vectors.
  package static func fusePools(for target: Target) -> GraphPass {
    GraphPass(
      "fuse-pools", "Where the greatest of neighbouring results are wanted, Winograd's convolutions store no others."
    ) { (graph) throws(Diagnostic) in
      guard let cache = target.caches.last else { return }
      try graph.edit { (editor, node) throws(Diagnostic) in
        guard let fused = editor.pooled(node, cache: cache) else { return editor.place(node) }
        editor.removeProducer(of: fused.source)
        editor.place(fused.node)
      }
    }
  }
}

extension Editor {
  /// The convolution before a pooling with what that does, and what it computed without.
  fileprivate func pooled(_ node: Node, cache: Int) -> (node: Node, source: ValueID)? {
    guard let pool = node.op as? Pool, let size = pool.squareSize, node.epilogue == nil, let input = node.inputs[0] else { return nil }
    guard let layer = producer(of: input), var op = layer.op as? WinogradConvolution, isReadHereOnly(input) else { return nil }
    guard op.pool == 1, op.tile % size == 0, keepsOrder(layer), let x = layer.inputs[0], let weights = layer.inputs[1] else { return nil }
    op.pool = size
    guard let type = try? op.infer(graph.types(layer.operatorInputs))[0], type.shape == self.type(node.outputs[0]).shape else { return nil }
    let isLarge = type.dtype.byteCount * (self.type(weights).shape.elementCount.constant ?? 0) > cache
    guard self.type(x).shape.dropFirst().allSatisfy({ $0.constant != nil }) else { return nil }
    op.block = WinogradPlan.block(op.squareCount(type.shape), isLarge: isLarge)
    var fused = layer
    (fused.op, fused.name, fused.outputs) = (op, node.name, node.outputs)
    fused.label = layer.shownLabel + "+" + node.shownLabel
    return (fused, input)
  }

  /// The greatest of several results is the same before and after the epilogue.
  private func keepsOrder(_ node: Node) -> Bool {
    guard let epilogue = node.epilogue else { return true }
    let isUniform = node.epilogueInputs.allSatisfy { type($0).shape.dropLast().allSatisfy { $0 == 1 } }
    return isUniform && epilogue.body.body.isIncreasing
  }
}

extension Pool {
  /// The extent of the squares of neighbours whose greatest elements are taken, if that is what it does.
  fileprivate var squareSize: Int? {
    guard kind == .max, size.count == 2, size[0] == size[1], size[0] > 1, !window.roundsUp else { return nil }
    let isPlain = (0..<2).map(window.along).allSatisfy { $0.stride == size[0] && $0.dilation == 1 && $0.before == 0 && $0.after == 0 }
    return isPlain ? size[0] : nil
  }
}

extension Expr {
  /// A body that grows with `x0`, or stays the same.
  fileprivate var isIncreasing: Bool {
    guard variables.contains("x0") else { return true }
    switch self {
    case .variable: return true
    case .binary(.add, let a, let b), .binary(.maximum, let a, let b), .binary(.minimum, let a, let b):
      return a.isIncreasing && b.isIncreasing
    case .binary(.subtract, let a, let b): return a.isIncreasing && !b.variables.contains("x0")
    default: return false
    }
  }
}
