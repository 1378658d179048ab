/// The type of one element of a tensor.
package enum DType: String, Hashable, Sendable, CaseIterable {
  case float32, float64, float16, bfloat16
  case int8, int16, int32, int64
  case uint8, uint16, uint32, uint64
  case bool
  case float8e4m3fn, float8e4m3fnuz, float8e5m2, float8e5m2fnuz, float8e8m0, float4e2m1
  case int4, int2, uint4, uint2
}

extension DType {
  private enum Family { case float, signed, unsigned, truth }

  private var facts: (family: Family, bits: Int) {
    switch self {
    case .float64: (.float, 64)
    case .float32: (.float, 32)
    case .float16, .bfloat16: (.float, 16)
    case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0: (.float, 8)
    case .float4e2m1: (.float, 4)
    case .int64: (.signed, 64)
    case .int32: (.signed, 32)
    case .int16: (.signed, 16)
    case .int8: (.signed, 8)
    case .int4: (.signed, 4)
    case .int2: (.signed, 2)
    case .uint64: (.unsigned, 64)
    case .uint32: (.unsigned, 32)
    case .uint16: (.unsigned, 16)
    case .uint8: (.unsigned, 8)
    case .uint4: (.unsigned, 4)
    case .uint2: (.unsigned, 2)
    case .bool: (.truth, 8)
    }
  }

  /// Bits that an element is made of. Types of fewer than eight take a byte each: an integer holds its value, a float its bits
  /// in the lower half.
  package var bitCount: Int { facts.bits }

  /// Bytes of one element in memory and in files.
  package var byteCount: Int { max(facts.bits / 8, 1) }

  package var isFloat: Bool { facts.family == .float }
  package var isInteger: Bool { facts.family == .signed || facts.family == .unsigned }

  package var isSigned: Bool {
    switch facts.family {
    case .float: self != .float8e8m0
    case .signed: true
    case .unsigned, .truth: false
    }
  }

  /// All values of an integer type or bool; those of `uint64` above the largest `Int64` do not show. Floats have no bounds.
  package var integerRange: ClosedRange<Int64> {
    switch facts.family {
    case .float: .min ... .max
    case .signed: .min >> (64 - facts.bits) ... .max >> (64 - facts.bits)
    case .unsigned: 0...(facts.bits == 64 ? .max : 1 << facts.bits - 1)
    case .truth: 0...1
    }
  }
}

extension DType: CustomStringConvertible {
  package var description: String { rawValue }
}
