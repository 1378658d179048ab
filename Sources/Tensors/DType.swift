/// The type of one element of a tensor.
package enum DType: String, Hashable, Sendable, CaseIterable {
  case float32, float64, float16, bfloat16
  case int8, int16, int32, int64
  case uint8, uint16, uint32, uint64
  case bool
}

extension DType {
  /// Bytes of one element in memory and in files.
  package var byteCount: Int {
    switch self {
    case .int8, .uint8, .bool: 1
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64: 8
    }
  }

  package var isFloat: Bool {
    switch self {
    case .float32, .float64, .float16, .bfloat16: true
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .bool: false
    }
  }

  package var isInteger: Bool { !isFloat && self != .bool }

  package var isSigned: Bool {
    switch self {
    case .uint8, .uint16, .uint32, .uint64, .bool: false
    case .float32, .float64, .float16, .bfloat16, .int8, .int16, .int32, .int64: true
    }
  }
}

extension DType: CustomStringConvertible {
  package var description: String { rawValue }
}
