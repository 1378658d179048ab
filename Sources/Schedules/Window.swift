import LoopIR
import Targets
import Tensors

extension Strategy {
  /// Each element is reduced from elements that lie side by side as it does: depthwise convolutions, poolings, reductions over an
  /// outer axis. Lanes run over neighbours; a few windows that overlap are computed together.
  package static let window = Strategy(name: "window") { (plan, root, target) throws(Diagnostic) in
    guard let shape = plan.shape(root), let lanes = shape.laneLoop(), shape.reduces else { throw .anotherShape }
    guard shape.reduced.allSatisfy({ $0.stride(along: lanes) == 1 }) else { throw .anotherShape }
    let others = shape.band.map(\.variable).filter { $0 != lanes }
    let rows = others.last { shape.sharesElements(along: $0) }
    let inner = rows.map { [$0] } ?? []
    let outer = others.filter { !inner.contains($0) }
    // Rows that windows share stay in the first cache if no other channels come between.
    let line = outer.last { plan.keepsLines(shape, along: $0, rows: rows, lanes: lanes, target) }
    let inside = (line.map { [$0] } ?? []) + inner
    try plan.reorder(outer.filter { $0 != line } + [lanes] + inside)
    let tile = Tile(lanes: lanes, others: inside, rows: rows, accumulators: shape.accumulators)
    let limit = target.registers >= 32 ? 7 : 4
    try ColumnTiling(target: target, limits: TileLimits(columns: rows == nil ? 4 : 1) { _ in limit }).apply(&plan, tile)
    plan.unrollShortLoops(shape.reductions.reversed())
  }
}

extension NestShape {
  /// Iterations next to each other read some of the same elements.
  fileprivate func sharesElements(along name: String) -> Bool {
    reduced.contains { access in
      guard let step = access.stride(along: name) else { return false }
      if step == 0 { return true }
      return access.loops.dropFirst(band.count).contains { tap in
        guard let distance = access.stride(along: tap), distance != 0, step.isMultiple(of: distance) else { return false }
        return step / distance < 4
      }
    }
  }
}
