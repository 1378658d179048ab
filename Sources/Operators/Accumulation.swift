import LoopIR
import Tensors

extension DType {
  /// The type in which sums of elements are kept in loop nests.
  package var accumulator: DType { self == .float16 || self == .bfloat16 ? .float32 : self }
}

extension Expr {
  /// The value in another type; the same expression where it has that type already.
  package func converted(to dtype: DType) -> Expr { self.dtype == dtype ? self : .cast(dtype, self) }
}
