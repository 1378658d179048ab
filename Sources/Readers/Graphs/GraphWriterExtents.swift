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

  /// `start`, `start + delta`, …: `count` numbers; both are scalars of one type.
  func range(from start: ValueID, by delta: ValueID, count: Dim, _ label: String) throws(Diagnostic) -> ValueID {
    let inputs = (0..<3).map { ElementwiseBody.input($0, dtype(start)) }
    let ramp = try add(Iota(count, dtype(start)), [], "\(label)/ramp")
    return try add(Map(ElementwiseBody(inputs[1] + inputs[0] * inputs[2]), inputCount: 3), [ramp, start, delta], label)
  }

  /// `x` under the shape that the integer vector `shape` asks for as ONNX's Reshape does. `most` bounds the extents, where more is
  /// known than that none exceeds the number of elements.
  func reshape(_ x: ValueID, by asked: ValueID, allowsZero: Bool, most: [Int?] = [], _ label: String) throws(Diagnostic) -> ValueID {
    let resolved = try add(ResolvedShape(shape(x), allowsZero: allowsZero), [asked], "\(label)/shape")
    let (rank, elements) = ((shape(resolved)[0].constant ?? 1) - 1, try self.most(shape(x).elementCount))
    var target: Shape = []
    for axis in 0..<rank {
      let bound = axis < most.count ? most[axis] ?? elements : elements
      target.append(try computedDim("\(label)/\(axis)", 0...bound, from: resolved, element: axis))
    }
    let excess = try computedDim("\(label)/excess", 0...0, from: resolved, element: rank)
    return try add(Reshape(exactly: target, verified: [excess]), [x], label)
  }

  /// A slice as ONNX's Slice takes it, by integer vectors; axes and steps are optional.
  func slice(_ x: ValueID, starts: ValueID, ends: ValueID, axes: ValueID?, steps: ValueID?, _ label: String) throws(Diagnostic) -> ValueID {
    let rank = rank(x)
    let resolved = try add(ResolvedSlice(shape(x)), [starts, ends, axes, steps], "\(label)/resolved")
    let named = try axes.map { (id) throws(Diagnostic) in try knownAxes(id, rank: rank) } ?? Array(0..<(shape(starts)[0].constant ?? rank))
    var target = shape(x)
    for axis in named ?? Array(0..<rank) {
      target[axis] = try computedDim("\(label)/\(axis)", 0...(try most(shape(x)[axis])), from: resolved, element: 2 * rank + axis)
    }
    let first = try add(Slice(starts: [0], ends: [rank]), [resolved], "\(label)/starts")
    let step = try add(Slice(starts: [rank], ends: [2 * rank]), [resolved], "\(label)/steps")
    return try add(Excerpt(target), [x, first, step], label)
  }

  /// Axes that are constants, counted from the front; `nil` where a run decides.
  private func knownAxes(_ axes: ValueID, rank: Int) throws(Diagnostic) -> [Int]? {
    guard let tensor = graph.constants[axes] else { return nil }
    return try tensor.integers.map { (axis) throws(Diagnostic) in try normalisedAxis(Int(axis), rank: rank) }
  }
}
