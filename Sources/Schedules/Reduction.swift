import LoopIR
import Targets
import Tensors

extension Strategy {
  /// A loop that reduces elements that lie side by side into locals, and may write such: partial results are lanes.
  package static let reduction = Strategy(name: "reduction") { (plan, root, target) throws(Diagnostic) in
    guard let shape = plan.shape(root), shape.band.count == 1 else { throw .anotherShape }
    let isSideBySide = shape.accesses.allSatisfy { access in
      guard let stride = access.stride(along: root) else { return false }
      return stride == 1 || stride == 0 && !access.isStore
    }
    guard isSideBySide, let lanes = target.vectorWidths.first(where: { $0 <= plan.extent(root) ?? $0 }) else { throw .anotherShape }
    try plan.apply(.vectoriseReduction(root, lanes: lanes))
  }
}
