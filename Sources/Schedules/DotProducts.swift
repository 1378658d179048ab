import LoopIR
import Targets
import Tensors

extension Strategy {
  /// One reduction over elements that lie side by side, for each of many results: rows times rows. Partial sums are lanes, and a few
  /// results are computed together.
  package static let dotProducts = Strategy(name: "dot products") { (plan, root, target) throws(Diagnostic) in
    guard let shape = plan.shape(root), shape.reduces, shape.laneLoop() == nil, shape.independent.contains(root) else {
      throw .anotherShape
    }
    let loops = shape.body.compactMap(\.asLoop)
    guard loops.count == 1, shape.reduced.allSatisfy({ !$0.isStore }) else { throw .anotherShape }
    let reduction = loops[0]
    guard reduction.body.allSatisfy({ $0.asLoop == nil }), shape.isSideBySide(along: reduction.variable) else { throw .anotherShape }
    let lanes = target.vectorWidths.first { $0 <= plan.extent(reduction.variable) ?? $0 }
    if let lanes { try plan.apply(.vectoriseReduction(reduction.variable, lanes: lanes)) }
    let columns = Swift.max(1, plan.choice.columns ?? 4)
    let rows = Swift.max(1, plan.choice.rows ?? (target.registers - 2 - columns) / columns)
    for (name, size) in zip(shape.band.reversed().map(\.variable), [columns, rows]) {
      _ = plan.attempt { (trial) throws(Diagnostic) in
        try RowTiling(target: target, rows: size / shape.accumulators).apply(
          &trial, Tile(lanes: reduction.variable, others: [name], rows: name, accumulators: shape.accumulators))
        try trial.checkLength(target)
      }
    }
  }
}

extension NestShape {
  fileprivate func isSideBySide(along name: String) -> Bool {
    let strides = reduced.map { $0.stride(along: name) }
    return strides.allSatisfy { $0 == 0 || $0 == 1 } && strides.contains(1)
  }
}

extension Stmt {
  var asLoop: Loop? {
    guard case .loop(let loop) = self else { return nil }
    return loop
  }
}
