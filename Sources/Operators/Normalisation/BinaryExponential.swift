import LoopIR
import Tensors

/// `2^-t` on integers, for `t` from 0 up in 32768ths: a power of two that halves it, times a cubic on what is left. Never rises with `t`,
/// is exact where `t` is whole, and off by at most 1.2e-4 of itself, beside what is rounded away below the last bit.
enum BinaryExponential {
  /// Of `t`.
  static let fractionBits = 15
  /// Of the cubic, which goes from 1 at 0 to a half at 1; found by search over integers.
  private static let coefficients: [Int64] = [65_536, -45_308, 15_106, -2_566]

  /// In units of `2^-bits`, which is at most 30, rounded down.
  static func expr(_ t: Expr, bits: Int64) -> Expr {
    let fraction = Expr.binary(.and, t, .int(32_767, .int32))
    let halvings = minimum(.binary(.shiftRight, t, .int(15, .int32)) + .int(30 - bits, .int32), .int(31, .int32))
    let cubic = coefficients.dropLast().reversed().reduce(Expr.int(coefficients[3], .int32)) { sum, coefficient in
      .binary(.shiftRight, sum * fraction, .int(15, .int32)) + .int(coefficient, .int32)
    }
    // The mask tells that the amount is one that vectors move by.
    return .binary(.shiftRight, cubic * .int(16_384, .int32), .binary(.and, halvings, .int(31, .int32)))
  }
}

/// Steps of codes as fractions of an octave, in which a power of two doubles.
struct Octaves: Hashable, Sendable {
  private let factor: Int64
  /// A difference of codes is moved to the left so far and, if the factor is not a power of two, multiplied by it.
  private let shift: Int64
  private let isExact: Bool

  /// `nil` where a step is too large for codes of that type.
  init?(_ octaves: Double, _ dtype: DType) {
    let range = dtype.integerRange
    guard octaves.isFinite, octaves > 0, range.upperBound - range.lowerBound < 1 << 16 else { return nil }
    let exponent = Double(octaves.exponent)
    if octaves.significand == 1, (-15...0).contains(exponent) {
      (factor, shift, isExact) = (1, Int64(exponent) + 15, true)
      return
    }
    let shift: Int64 = range.upperBound - range.lowerBound < 256 ? 22 : 14
    let scaled = octaves * Double(1 << BinaryExponential.fractionBits) * 0x1p32 / Double(Int64(1) << shift)
    guard scaled < 0x1p31 - 1 else { return nil }
    (factor, self.shift, isExact) = (Int64(scaled.rounded()), shift, false)
  }

  /// A difference of codes that is not negative, in units of `2^-15` octaves.
  func expr(_ difference: Expr) -> Expr {
    let moved = difference * .int(1 << shift, .int32)
    return isExact ? moved : .binary(.multiplyHigh, moved, .int(factor, .int32))
  }
}
