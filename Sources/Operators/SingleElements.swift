import LoopIR

extension TensorView {
  /// The element of a tensor that has one, whatever its rank.
  var single: Expr { self[shape.map { _ in 0 }] }
}
