import LoopIR
import Targets
import Tensors

extension Strategy {
  /// Nothing but loops around statements: those that walk through memory together become one, and lanes run over neighbours.
  package static let elementwise = Strategy(name: "elementwise") { (plan, root, target) throws(Diagnostic) in
    guard let shape = plan.shape(root), !shape.reduces, shape.independent.contains(root) else { throw .anotherShape }
    var names = plan.fuse(shape.band.map(\.variable))
    guard let first = names.first, let fused = plan.shape(first), let lanes = fused.laneLoop() else { throw .anotherShape }
    names.removeAll { $0 == lanes }
    try plan.reorder(names + [lanes])
    let tile = Tile(lanes: lanes, others: [], rows: nil, accumulators: 1)
    try ColumnTiling(target: target, limits: TileLimits(columns: target.lanes > 1 ? 1 : 4) { _ in 1 }).apply(&plan, tile)
  }
}
