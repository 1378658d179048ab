import LoopIR
import Tensors

extension DType {
  /// What every element is at least: where a maximum starts.
  package var lowest: Expr { isFloat ? .float(isSigned ? -.infinity : 0, self) : .int(integerRange.lowerBound, self) }
  /// What every element is at most: where a minimum starts. `uint64` keeps its bits.
  package var highest: Expr { isFloat ? .float(.infinity, self) : .int(self == .uint64 ? -1 : integerRange.upperBound, self) }
}
