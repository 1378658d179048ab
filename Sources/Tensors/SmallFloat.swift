/// A float type whose elements take one byte: the formats of the OCP specifications (8-bit floats of 2023, microscaling of 2023) and
/// their `fnuz` variants, which have neither infinities nor a negative zero.
package struct SmallFloat: Sendable {
  /// Bits of the mantissa.
  private let digits: Int
  private let bias: Int
  /// The code of the largest number; those of infinity and NaN, where there are any, without their sign.
  private let largest: UInt8
  private let infinity: UInt8?
  private let nan: UInt8?
  /// Zero where numbers have no sign.
  private let signBit: UInt8

  /// `nil` where the type is not one of them.
  package init?(_ dtype: DType) {
    switch dtype {
    case .float8e4m3fn: (digits, bias, largest, infinity, nan, signBit) = (3, 7, 0x7E, nil, 0x7F, 0x80)
    case .float8e4m3fnuz: (digits, bias, largest, infinity, nan, signBit) = (3, 8, 0x7F, nil, 0x80, 0x80)
    case .float8e5m2: (digits, bias, largest, infinity, nan, signBit) = (2, 15, 0x7B, 0x7C, 0x7E, 0x80)
    case .float8e5m2fnuz: (digits, bias, largest, infinity, nan, signBit) = (2, 16, 0x7F, nil, 0x80, 0x80)
    case .float8e8m0: (digits, bias, largest, infinity, nan, signBit) = (0, 127, 0xFE, nil, 0xFF, 0)
    case .float4e2m1: (digits, bias, largest, infinity, nan, signBit) = (1, 1, 0x07, nil, nil, 0x08)
    case .float32, .float64, .float16, .bfloat16, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .bool, .int4, .int2,
      .uint4, .uint2:
      return nil
    }
  }

  /// The number nearest to `value`.
  package func rounded(_ value: Double) -> Double { self.value(code(value)) }

  /// The number that a code stands for. Bits above those of the type are not looked at.
  package func value(_ code: UInt8) -> Double {
    if signBit == 0 { return code > largest ? .nan : power(Int(code) - bias) }
    if nan == signBit && code == signBit { return .nan }
    let size = code & (signBit - 1)
    let magnitude = size <= largest ? magnitude(size) : size == infinity ? .infinity : .nan
    return code & signBit != 0 ? -magnitude : magnitude
  }

  private func magnitude(_ size: UInt8) -> Double {
    let (exponent, mantissa) = (Int(size >> digits), Double(size & (1 << digits - 1)))
    if exponent == 0 { return mantissa * power(1 - bias - digits) }
    return (power(digits) + mantissa) * power(exponent - bias - digits)
  }

  /// The code of the nearest number, ties to even, and of the largest one beyond it. `float8e8m0` rounds up, as casts to it do unless
  /// they say otherwise; what is negative has no number there. In a type without NaN it becomes -0.
  package func code(_ value: Double) -> UInt8 {
    if signBit == 0 { return powerCode(value) }
    let sign = value.sign == .minus ? signBit : 0
    if value.isNaN { return sign | (nan ?? signBit) }
    let size = value.isInfinite ? infinity ?? largest : sizeCode(value.magnitude)
    return nan == signBit && size == 0 ? 0 : sign | size
  }

  /// Codes without their sign count up with the numbers: a mantissa that overflows gives the next exponent.
  private func sizeCode(_ magnitude: Double) -> UInt8 {
    let exponent = magnitude == 0 ? 1 - bias : max(Int(magnitude.exponent), 1 - bias)
    if exponent > bias + 1 { return largest }
    let mantissa = Int((magnitude / power(exponent - digits)).rounded(.toNearestOrEven))
    return UInt8(min((exponent - 1 + bias) << digits + mantissa, Int(largest)))
  }

  private func powerCode(_ value: Double) -> UInt8 {
    if value.isNaN || value < 0 { return 0xFF }
    if value <= power(-bias) { return 0 }
    if value > power(bias) { return largest }
    return UInt8(Int(value.exponent) + (value.significand > 1 ? 1 : 0) + bias)
  }

  private func power(_ exponent: Int) -> Double { Double(sign: .plus, exponent: exponent, significand: 1) }
}
