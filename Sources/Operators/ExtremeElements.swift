import LoopIR
import Tensors

extension DType {
  /// What every element is at least: where a maximum starts.
  package var lowest: Expr { isFloat ? .float(-.infinity, self) : .int(integerRange.lowerBound, self) }
  /// What every element is at most: where a minimum starts. `uint64` keeps its bits.
  package var highest: Expr { isFloat ? .float(.infinity, self) : .int(self == .uint64 ? -1 : integerRange.upperBound, self) }

  private var integerRange: ClosedRange<Int64> {
    if self == .bool { return 0...1 }
    let bits = Int64(byteCount * 8)
    if isSigned { return Int64.min >> (64 - bits)...Int64.max >> (64 - bits) }
    return 0...(bits == 64 ? .max : 1 << bits - 1)
  }
}
