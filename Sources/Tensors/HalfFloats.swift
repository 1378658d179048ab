/// The 16-bit format with the exponent range of `Float` and 8 bits of significand; only a storage format here.
package struct BFloat16: Hashable, Sendable, BitwiseCopyable {
  package var bitPattern: UInt16

  package init(bitPattern: UInt16) { self.bitPattern = bitPattern }

  /// Rounds to nearest, ties to even; a NaN stays a quiet NaN.
  package init(_ value: Float) {
    let bits = value.bitPattern
    if value.isNaN {
      bitPattern = UInt16(truncatingIfNeeded: bits >> 16) | 0x40
    } else {
      bitPattern = UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
    }
  }

  /// Rounds once: the float in between keeps a trace of what it cuts off in its last bit.
  package init(_ value: Double) {
    let nearest = Float(value)
    let isExact = Double(nearest) == value || !nearest.isFinite
    let towardsZero = nearest.magnitude.bitPattern - (Double(nearest).magnitude > value.magnitude ? 1 : 0)
    self.init(isExact ? nearest : Float(bitPattern: nearest.bitPattern & 0x8000_0000 | towardsZero | 1))
  }

  package var float: Float { Float(bitPattern: UInt32(bitPattern) << 16) }
}

/// `value` rounded once to the 16-bit format of IEEE 754.
package func halfBits(_ value: Double) -> UInt16 { Float16(value).bitPattern }

package func halfValue(_ bits: UInt16) -> Double { Double(Float16(bitPattern: bits)) }
