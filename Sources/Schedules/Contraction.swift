import LoopIR
import Targets
import Tensors

extension Strategy {
  /// Sums of products of elements that neighbours share with elements that lie side by side: matrix products, convolutions, recurrent
  /// steps. A tile of vectors stays in registers while the sums run.
  package static let contraction = Strategy(name: "contraction") { (plan, root, target) throws(Diagnostic) in
    guard let shape = plan.shape(root), let lanes = shape.laneLoop, shape.reduces else { throw .anotherShape }
    let streams = shape.reduced.filter { $0.stride(along: lanes) == 1 }
    let shared = shape.reduced.filter { $0.stride(along: lanes) == 0 }
    guard !streams.isEmpty, !shared.isEmpty else { throw .anotherShape }
    let others = shape.band.map(\.variable).filter { $0 != lanes }
    /// Loops whose iterations use the same streams.
    let reusing = others.filter { name in streams.allSatisfy { $0.stride(along: name) == 0 } }
    let apart = others.filter { !reusing.contains($0) }
    try plan.reorder(apart + [lanes] + reusing)
    let rows = plan.fuse(reusing)
    let tile = Tile(lanes: lanes, others: rows, rows: rows.last, accumulators: shape.accumulators)
    try ColumnTiling(target: target, limits: .contraction(target, tile, hasRows: rows.last.map { plan.extent($0) != 1 } ?? false))
      .apply(&plan, tile)
    plan.unrollShortLoops(shape.reductions.reversed())
  }
}

extension TileLimits {
  /// All registers but those for the streams, an element that the rows share, and one to spare.
  fileprivate static func contraction(_ target: Target, _ tile: Tile, hasRows: Bool) -> TileLimits {
    let preferred = target.registers >= 32 || target.lanes == 1 ? 4 : 2
    let columns = hasRows ? preferred / tile.accumulators : target.registers / 2 / tile.accumulators
    return TileLimits(columns: Swift.max(1, columns)) { vectors in
      Swift.min(14, Swift.max(1, (target.registers - 2 - vectors) / vectors))
    }
  }
}
