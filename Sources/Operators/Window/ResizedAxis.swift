import Tensors

/// An axis and what it is to become.
package struct ResizedAxis: Hashable, Sendable {
  /// Its elements, and those of the result.
  package var input: Int
  package var output: Int
  /// Elements of the result for one of the input, where that is not what the two lengths say.
  package var scale: Double?
  /// The part that becomes the result where it is cropped: 0 is the first element, 1 the last.
  package var start: Double
  package var end: Double

  package init(_ input: Int, to output: Int, scale: Double? = nil, start: Double = 0, end: Double = 1) {
    self.input = input
    self.output = output
    self.scale = scale
    self.start = start
    self.end = end
  }
}

extension ResizedAxis {
  /// How many elements of the input one of the result stands for.
  var stretch: Double { scale.map { 1 / $0 } ?? Double(input) / Double(output) }

  /// The length of the result before it was rounded.
  var length: Float { scale.map { Float($0) * Float(input) } ?? Float(output) }

  /// What lies at `place` of the result, counted in elements of the input.
  func scaled(_ place: Float) -> Float { scale.map { place / Float($0) } ?? place * (Float(input) / Float(output)) }

  func check() throws(Diagnostic) {
    let lengths = 1...1 << 15
    guard lengths.contains(input), lengths.contains(output) else {
      throw Diagnostic("an axis of \(input) is resized to \(output)", hint: "both must be between 1 and \(lengths.upperBound)")
    }
    guard scale.map({ $0.isFinite && $0 > 0x1p-15 && $0 < 0x1p15 }) ?? true, abs(start) < 0x1p15, abs(end) < 0x1p15 else {
      throw Diagnostic(
        "an axis is resized by \(scale ?? 1) from \(start) to \(end)", hint: "the scale must be positive, and all of them below 2^15")
    }
  }
}
