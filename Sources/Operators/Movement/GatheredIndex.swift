import GraphIR
import LoopIR
import Tensors

/// Indices are integers of at most 63 bits.
func checkIndices(_ indices: TensorType) throws(Diagnostic) {
  guard indices.dtype.isInteger, indices.dtype != .uint64 else {
    throw Diagnostic("the indices are \(indices)", hint: "cast them to int32 or int64")
  }
}

/// `index` counted from the end where it is negative, then moved to the nearest end of `extent` elements.
func clampedIndex(_ index: Int64, _ extent: Int) -> Int {
  Int(Swift.min(Swift.max(index < 0 ? index + Int64(extent) : index, 0), Int64(extent) - 1))
}

/// The same in a nest; the result is an index whatever the type of `index`.
func clampedIndex(_ index: Expr, _ extent: Expr) -> Expr {
  let fitsAnIndex = index.dtype.byteCount < 4 || index.dtype == .int32
  let type: DType = fitsAnIndex ? .int32 : .int64
  let (wide, count) = (index.converted(to: type), extent.converted(to: type))
  let fromFront = index.dtype.isSigned ? Expr.select(.compare(.less, wide, .constant(0, type)), .binary(.add, wide, count), wide) : wide
  let last = Expr.binary(.subtract, count, .constant(1, type))
  return minimum(maximum(fromFront, .constant(0, type)), last).converted(to: .int32)
}

/// `body` where an extent is not 0, for nests that divide by what they sum up along it.
func unlessEmpty(_ extent: Dim, _ body: () -> [Stmt]) -> [Stmt] {
  if let extent = extent.constant { return extent > 0 ? body() : [] }
  return [branch(Expr(extent) .> 0, then: body)]
}

extension Operands {
  /// `body`, which reads input 0 at places that are moved into an extent; where it is 0 there are none, and the output is zero.
  func unlessEmpty(_ extent: Dim, _ body: () -> [Stmt]) -> [Stmt] {
    let zeros = loops("none", output.shape) { store($0, .constant(0, input(0).dtype)) }
    if let extent = extent.constant { return extent > 0 ? body() : zeros }
    return [branch(Expr(extent) .> 0, then: body, else: { zeros })]
  }
}
