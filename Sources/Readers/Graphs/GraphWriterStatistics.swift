import GraphIR
import Operators
import Tensors

/// Normalisations over some axes.
extension GraphWriter {
  /// `(x - mean) / sqrt(variance + epsilon)`, scaled and shifted where that is given.
  func standardise(
    _ x: ValueID, axes: [Int], epsilon: Double, scale: ValueID? = nil, offset: ValueID? = nil, _ label: String
  ) throws(Diagnostic) -> ValueID {
    try add(Normalise(axes: axes, epsilon: epsilon), [try floating(x, "\(label)/float"), scale, offset], label)
  }

  /// `x / sqrt(variance + epsilon)`.
  func scaledByDeviation(_ x: ValueID, axes: [Int], epsilon: Double, _ label: String) throws(Diagnostic) -> ValueID {
    let x = try floating(x, "\(label)/float")
    let mean = try reduce(.mean, x, axes: axes, keepDims: true, "\(label)/mean")
    let squares = try unary("square", try binary("subtract", x, mean, "\(label)/centred"), [:], "\(label)/square")
    let variance = try reduce(.mean, squares, axes: axes, keepDims: true, "\(label)/variance")
    let inverse = try unary("rsqrt", try binary("add", variance, epsilon, "\(label)/epsilon"), [:], "\(label)/rsqrt")
    return try binary("multiply", x, inverse, label)
  }

  /// `x / sqrt(mean(x^2) + epsilon)`.
  func rmsNormalise(_ x: ValueID, axes: [Int], epsilon: Double, scale: ValueID? = nil, _ label: String) throws(Diagnostic) -> ValueID {
    try add(Normalise(axes: axes, subtractsMean: false, epsilon: epsilon), [try floating(x, "\(label)/float"), scale], label)
  }

  /// `x / sqrt(max(sum(x^2), epsilon))`.
  func l2Normalise(_ x: ValueID, axes: [Int], epsilon: Double, _ label: String) throws(Diagnostic) -> ValueID {
    try add(Normalise(axes: axes, subtractsMean: false, divisor: .norm, epsilon: epsilon), [try floating(x, "\(label)/float")], label)
  }
}
