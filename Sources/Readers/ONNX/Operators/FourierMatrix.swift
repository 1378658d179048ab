import Glibc
import Tensors

/// A discrete Fourier transform as a matrix from `inputs` elements of one (real) or two parts to `outputs` elements.
struct FourierMatrix {
  let outputs: Int
  let outputParts: Int
  private let length: Int
  private let isInverse: Bool
  private let givesReal: Bool
  private let inputs: Int
  private let parts: Int

  init(length: Int, isInverse: Bool, isOneSided: Bool, inputs: Int, parts: Int) throws(Diagnostic) {
    (self.length, self.isInverse, self.inputs, self.parts) = (length, isInverse, inputs, parts)
    givesReal = isInverse && isOneSided
    outputs = isOneSided && !isInverse ? length / 2 + 1 : length
    outputParts = givesReal ? 1 : 2
    guard parts == 1 || parts == 2, length > 0 else {
      throw Diagnostic("a transform of \(length) numbers of \(parts) parts", hint: "numbers are real or complex: one or two parts")
    }
    guard inputs < 1 << 20, outputs < 1 << 20, inputs * parts * outputs * outputParts < 1 << 24 else {
      throw Diagnostic("a transform of \(length) numbers", hint: "it is computed as a product with a matrix: use shorter ones")
    }
  }

  func tensor(_ dtype: DType) -> Tensor {
    var values: [Double] = []
    for row in 0..<inputs {
      for part in 0..<parts {
        for column in 0..<outputs { values += weights(row, part, column) }
      }
    }
    return Tensor(dtype, [inputs * parts, outputs * outputParts], values)
  }

  /// What a part of input `row` adds to the parts of output `column`.
  private func weights(_ row: Int, _ part: Int, _ column: Int) -> [Double] {
    let known = givesReal ? length / 2 + 1 : length
    guard row < known else { return [Double](repeating: 0, count: outputParts) }
    let angle = 2 * Double.pi * Double(row * column % length) / Double(length)
    // The half that is left out mirrors this one.
    let twice = givesReal && row > 0 && 2 * row != length ? 2.0 : 1
    let scale = isInverse ? twice / Double(length) : 1
    let (real, imaginary) = (scale * cos(angle), scale * sin(angle) * (isInverse ? 1 : -1))
    let both = part == 0 ? [real, imaginary] : [-imaginary, real]
    return Array(both.prefix(outputParts))
  }
}
