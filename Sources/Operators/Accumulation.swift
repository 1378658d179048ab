import LoopIR
import Tensors

extension DType {
  /// The type in which sums of elements are kept in loop nests.
  package var accumulator: DType {
    if isFloat { return bitCount < 32 ? .float32 : self }
    return bitCount < 8 ? .int32 : self
  }
}

/// The type of products of elements of two types: that of both, that of floats which are multiplied with int8 or floats of fewer bits
/// or, where they are widened, int32 of integers and float32 of bfloat16.
func productType(_ a: DType, _ b: DType, widens: Bool) throws(Diagnostic) -> DType {
  guard widens else {
    guard a == b || a.isFloat && (b == .int8 || b.isFloat && b.bitCount < a.bitCount) else {
      throw Diagnostic("\(a) is multiplied with \(b)", hint: "cast one of them")
    }
    return a
  }
  if [a, b] == [.bfloat16, .bfloat16] { return .float32 }
  for dtype in [a, b] where !dtype.isInteger || dtype.byteCount > 2 && dtype != .int32 {
    throw Diagnostic("\(a) is multiplied with \(b) in int32", hint: "integers that int32 holds are needed, or bfloat16 on both sides")
  }
  return .int32
}

/// The type in which loop nests sum such products.
func productAccumulator(_ dtype: DType, widens: Bool) -> DType { widens && !dtype.isFloat ? .int32 : dtype.accumulator }

extension Expr {
  /// The value in another type; the same expression where it has that type already.
  package func converted(to dtype: DType) -> Expr { self.dtype == dtype ? self : .cast(dtype, self) }
}
