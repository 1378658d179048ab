import GraphIR
import Operators
import Tensors

extension GraphWriter {
  func reshape(_ x: ValueID, _ shape: Shape, _ label: String) throws(Diagnostic) -> ValueID {
    self.shape(x) == shape ? x : try add(Reshape(exactly: shape), [x], label)
  }

  /// All elements along one axis.
  func flat(_ x: ValueID, _ label: String) throws(Diagnostic) -> ValueID { try reshape(x, [shape(x).elementCount], label) }

  func transpose(_ x: ValueID, _ permutation: [Int], _ label: String) throws(Diagnostic) -> ValueID {
    permutation == Array(permutation.indices) ? x : try add(Transpose(permutation), [x], label)
  }

  /// A new axis of extent 1 before `axis`, counted in the result.
  func expandDims(_ x: ValueID, _ axis: Int, _ label: String) throws(Diagnostic) -> ValueID {
    var shape = self.shape(x)
    let position = try normalisedAxis(axis, rank: shape.count + 1)
    shape.insert(1, at: position)
    return try reshape(x, shape, label)
  }

  func concatenate(_ parts: [ValueID], axis: Int, _ label: String) throws(Diagnostic) -> ValueID {
    let dtype = promoted(parts.map { .value($0) })
    var cast: [ValueID] = []
    for part in parts { cast.append(try self.cast(part, to: dtype, "\(label)/cast")) }
    return parts.count == 1 ? cast[0] : try add(Concatenate(axis: axis), cast, label)
  }

  /// Elements from `start` up to `end` along an axis; ends as Python has them.
  func slice(_ x: ValueID, axis: Int, from start: Int, to end: Int, step: Int = 1, _ label: String) throws(Diagnostic) -> ValueID {
    try add(Slice(starts: [start], ends: [end], axes: [axis], steps: [step]), [x], label)
  }

  func reduce(
    _ function: Reduce.Function, _ x: ValueID, axes: [Int], keepDims: Bool = false, _ label: String
  ) throws(Diagnostic) -> ValueID {
    if axes.isEmpty { return x }
    return try add(Reduce(function, axes: axes, keepDims: keepDims), [x], label)
  }

  func reverse(_ x: ValueID, axis: Int, _ label: String) throws(Diagnostic) -> ValueID { try add(Reverse([axis]), [x], label) }

  /// The product of the last two axes, leading ones broadcast. Of integers in int32 where it `widens`, else in one type.
  func matmul(
    _ a: ValueID, _ b: ValueID, transposeA: Bool = false, transposeB: Bool = false, widens: Bool = false, _ label: String
  ) throws(Diagnostic) -> ValueID {
    if widens { return try add(MatMul(transposeA: transposeA, transposeB: transposeB, widens: true), [a, b], label) }
    let dtype = commonType(self.dtype(a), self.dtype(b))
    return try add(
      MatMul(transposeA: transposeA, transposeB: transposeB),
      [try cast(a, to: dtype, "\(label)/cast"), try cast(b, to: dtype, "\(label)/cast")], label)
  }
}
