import LoopIR
import Tensors

/// Weights as C arrays, written byte by byte: there may be millions of numbers.
struct WeightTables {
  private(set) var bytes: [UInt8] = []
  private var column = 0

  /// `static const float NAME[N] = { … };`, and what `reference` says is its first element. Numbers that C cannot write as
  /// constants everywhere (NaN, infinities) are written as bit patterns.
  mutating func add(_ name: String, _ tensor: Tensor, section: String) {
    let isPatterned = WeightTables.needsPatterns(tensor)
    let count = max(tensor.count, 1)
    let type = tensor.dtype.storage
    let bits = tensor.dtype == .float64 ? "uint64_t" : "uint32_t"
    let head = isPatterned ? "union {\n  \(bits) bits[\(count)];\n  \(type) values[\(count)];\n} \(name)" : "\(type) \(name)[\(count)]"
    append("\(section)static const \(head) = \(isPatterned ? "{{" : "{")\n ")
    column = 1
    if tensor.count == 0 { token("0") }
    if isPatterned { addPatterns(tensor) } else { addNumbers(tensor) }
    append(isPatterned ? "\n}};\n\n" : "\n};\n\n")
  }

  /// The text by which the first element of a table is reached.
  static func reference(_ name: String, _ tensor: Tensor) -> String { needsPatterns(tensor) ? "\(name).values" : name }

  private static func needsPatterns(_ tensor: Tensor) -> Bool {
    switch tensor.dtype {
    case .float32: tensor.floats.contains { !$0.isFinite }
    case .float64: tensor.doubles.contains { !$0.isFinite }
    default: false
    }
  }

  private mutating func addNumbers(_ tensor: Tensor) {
    switch tensor.dtype {
    case .float32: for value in tensor.floats { token("\(value)f") }
    case .float64: for value in tensor.doubles { token("\(value)") }
    case .float16, .bfloat16: for value in tensor.elements(as: UInt16.self) { token("\(value)") }
    case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0, .float4e2m1:
      for value in tensor.bytes { token("\(value)") }
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .bool, .int4, .int2, .uint4, .uint2:
      for value in tensor.integers { token(literal(value, tensor.dtype)) }
    }
  }

  private mutating func addPatterns(_ tensor: Tensor) {
    if tensor.dtype == .float64 {
      for value in tensor.elements(as: UInt64.self) { token("0x\(String(value, radix: 16))ull") }
    } else {
      for value in tensor.elements(as: UInt32.self) { token("0x\(String(value, radix: 16))u") }
    }
  }

  private mutating func token(_ text: String) {
    if column + text.utf8.count > 118 {
      append("\n ")
      column = 1
    }
    append(" ")
    append(text)
    append(",")
    column += text.utf8.count + 2
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
}

/// All weights in one block of memory, each at a multiple of 64 bytes.
struct WeightBlock {
  private(set) var bytes: [UInt8] = []

  /// Adds a tensor and returns where it lies.
  mutating func add(_ tensor: Tensor) -> Int {
    bytes.append(contentsOf: [UInt8](repeating: 0, count: (64 - bytes.count % 64) % 64))
    let offset = bytes.count
    bytes.append(contentsOf: tensor.bytes)
    return offset
  }
}
