import GraphIR
import LoopIR
import Operators
import Tensors

/// Extents that a run computes, and what is taken by them.
extension GraphWriter {
  /// A dimension that a run reads from an element of an integer scalar or vector.
  func computedDim(_ label: String, _ range: ClosedRange<Int>, from value: ValueID, element: Int = 0) throws(Diagnostic) -> Dim {
    try graph.addComputedDim(dimName(label), range: range, from: value, element: element)
  }

  /// The largest value of an extent; dimensions count with their bounds.
  func most(_ dim: Dim) throws(Diagnostic) -> Int {
    let corners = [graph.dims.mapValues(\.lowerBound), graph.dims.mapValues(\.upperBound)].compactMap { dim.value($0) }
    guard let most = corners.max(), most < 1 << 31 else {
      throw Diagnostic("the extent \(dim) has no bound", hint: "settle its dimensions: --dim NAME=..N")
    }
    return max(most, 0)
  }

  /// Names as C and our own text take them.
  private func dimName(_ label: String) -> String {
    let plain = name(label).unicodeScalars.map { $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil) ? $0 : "_" }
    return "n_" + String(String.UnicodeScalarView(plain))
  }

  /// Where the elements of `x` are that are not zero: `[rank, N]` of int64, N being counted first.
  func nonZero(_ x: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    let bits = ElementwiseBody.input(0, dtype(x))
    let isSet: Expr = bits.dtype == .bool ? bits : .compare(.notEqual, bits, .constant(0, bits.dtype))
    let ones = try add(Map(ElementwiseBody(.cast(.int32, isSet)), inputCount: 1), [x], "\(label)/ones")
    let count = try add(Reduce(.sum), [ones], "\(label)/count")
    return try add(NonZero(try computedDim(label, 0...(try most(shape(x).elementCount)), from: count)), [x], label)
  }

  /// The elements of `x` along an axis at which the vector `condition` is true; it may be shorter than the axis.
  func compress(_ x: ValueID, by condition: ValueID, axis: Int, _ label: String) throws(Diagnostic) -> ValueID {
    let places = try nonZero(condition, "\(label)/places")
    return try add(Gather(axis: axis), [x, try reshape(places, [shape(places)[1]], "\(label)/flat")], label)
  }
}
