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

/// `index` counted from the end where it is negative; `nil` where there is no such element.
func containedIndex(_ index: Int64, _ extent: Int) -> Int? {
  let fromFront = index < 0 ? index + Int64(extent) : index
  return fromFront >= 0 && fromFront < Int64(extent) ? Int(fromFront) : nil
}

/// The same in a nest; the result is an index whatever the type of `index`.
func clampedIndex(_ index: Expr, _ extent: Expr) -> Expr {
  let fromFront = indexFromFront(index, extent)
  let last = extent.converted(to: fromFront.dtype) - .constant(1, fromFront.dtype)
  return minimum(maximum(fromFront, .constant(0, fromFront.dtype)), last).converted(to: .int32)
}

/// `index` counted from the end where it is negative, in a type that holds all of its values.
func indexFromFront(_ index: Expr, _ extent: Expr) -> Expr {
  let fitsAnIndex = index.dtype.byteCount < 4 || index.dtype == .int32
  let type: DType = fitsAnIndex ? .int32 : .int64
  let wide = index.converted(to: type)
  guard index.dtype.isSigned else { return wide }
  return .select(wide .< .constant(0, type), .binary(.add, wide, extent.converted(to: type)), wide)
}

/// There is an element at `index`.
func isContained(_ index: Expr, _ extent: Expr) -> Expr {
  (index .>= .constant(0, index.dtype)) .&& (index .< extent.converted(to: index.dtype))
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
