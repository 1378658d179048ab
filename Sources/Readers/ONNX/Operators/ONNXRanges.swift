import GraphIR
import Operators
import Tensors

extension ONNXOperators {
  /// Numbers in rising or falling order.
  static let ranges: [ONNXOperator] = [ONNXOperator("Range", since: 11, .numbers, build: range)]

  /// `start + i * delta` up to but not including `limit`.
  private static func range(_ call: ONNXCall) throws(Diagnostic) -> ValueID {
    let (writer, dtype) = (call.writer, try call.type(0).dtype)
    let stash = try call.attributes.dtype("stash_type") ?? .float32
    // Floats of 16 bits are computed in a wider type.
    let wide = dtype.isFloat && dtype.byteCount < 4 ? stash : dtype
    let parts = try (0..<3).map { (position) throws(Diagnostic) in
      let part = try call.input(position)
      guard writer.shape(part).elementCount == 1 else {
        throw Diagnostic("input \(position) is \(writer.type(part))", hint: "it is one number")
      }
      return try writer.cast(try writer.reshape(part, [], "scalar\(position)"), to: wide, "wide\(position)")
    }
    let count = try length(call, parts)
    let places = try writer.cast(try writer.positions(count, "places"), to: wide, "factors")
    let steps = try writer.binary("multiply", places, parts[2], "steps")
    return try writer.cast(try writer.binary("add", steps, parts[0], dtype == wide ? "" : "sum"), to: dtype, "")
  }

  /// How many numbers there are where the ends follow from open extents and the step is known.
  private static func open(_ call: ONNXCall) throws(Diagnostic) -> Dim? {
    guard let start = try call.extents(0)?.first, let limit = try call.extents(1)?.first, let delta = try call.extents(2)?.first?.constant,
      start.constant == nil || limit.constant == nil, delta != 0,
      [start, limit, Dim(delta)].allSatisfy({ ($0.constant ?? 0).magnitude < 1 << 31 })
    else { return nil }
    let count = (delta > 0 ? limit - start : start - limit).ceilingDivision(by: abs(delta))
    return count.constant.map { Dim(max($0, 0)) } ?? count
  }

  /// How many numbers there are.
  private static func length(_ call: ONNXCall, _ parts: [ValueID]) throws(Diagnostic) -> Dim {
    if let known = try open(call) { return known }
    let writer = call.writer
    let isStill = try writer.binary("equal", parts[2], 0, "is_still")
    let delta = try writer.apply("where", [.value(isStill), .number(1), .value(parts[2])], "delta")
    // Rounded up: the negative of the quotient of negatives rounded down.
    let span = try writer.binary("subtract", parts[0], parts[1], "span")
    let (negated, divisor) = (try writer.floatingWide(span, "span_wide"), try writer.floatingWide(delta, "delta_wide"))
    let quotient = try writer.binary("floor_divide", negated, divisor, "quotient")
    let count = try writer.unary("negative", try writer.cast(quotient, to: .int64, "whole"), [:], "negative")
    let atLeast0 = try writer.binary("maximum", count, 0, "count")
    let length = try writer.apply("where", [.value(isStill), .number(-1), .value(atLeast0)], "length")
    return try call.computedExtent(length, 0, axis: 0, of: 1, within: nil)
  }
}

extension GraphWriter {
  /// Floats in float64, integers as they are.
  fileprivate func floatingWide(_ x: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    dtype(x).isFloat ? try cast(x, to: .float64, label) : x
  }
}
