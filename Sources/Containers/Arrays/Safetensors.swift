import Tensors

/// A safetensors file: named tensors, one after the other, and texts about them.
///
///     let weights = try Safetensors(bytes, file: "model.safetensors")
///     for name in weights.names { let tensor = try weights.tensor(name) … }
package struct Safetensors: Sendable {
  private struct Entry: Sendable {
    let dtype: DType
    let dims: [Int]
    let data: ByteReader
  }

  /// In the order of the data.
  package let names: [String]
  package let metadata: [String: String]
  private let entries: [String: Entry]
  private let whole: ByteReader

  package func contains(_ name: String) -> Bool { entries[name] != nil }

  package func tensor(_ name: String) throws(Diagnostic) -> Tensor {
    guard let entry = entries[name] else {
      throw whole.problem("there is no tensor \"\(name)\"", hint: "the file has \(names.prefix(8).joined(separator: ", "))")
    }
    var data = entry.data
    return try data.tensor(entry.dtype, entry.dims)
  }

  /// Reads the header and checks that it accounts for every byte; tensors are taken out when asked for. `file` is the name
  /// shown in diagnostics.
  package init(_ bytes: [UInt8], file: String? = nil) throws(Diagnostic) {
    whole = ByteReader(bytes, format: "safetensors", file: file)
    var reader = whole
    let length = try reader.count(width: 8)
    let text = try reader.bytes(length)
    let header = try Self.inHeader(file) { () throws(Diagnostic) in
      let header = try SafetensorsHeader(JSONValue(parsing: text))
      try header.checkExtents(reader.remaining)
      return header
    }
    var entries: [String: Entry] = [:]
    for tensor in header.tensors {
      entries[tensor.name] = Entry(dtype: tensor.dtype, dims: tensor.dims, data: try reader.slice(tensor.end - tensor.begin))
    }
    (self.entries, names, metadata) = (entries, header.tensors.map(\.name), header.metadata)
  }

  /// Lines and columns within the header are of no use to anybody: the file is no text.
  private static func inHeader<T>(_ file: String?, _ body: () throws(Diagnostic) -> T) throws(Diagnostic) -> T {
    do throws(Diagnostic) {
      return try body()
    } catch {
      throw Diagnostic("safetensors header: \(error.message)", hint: error.hint, place: Place(file: file, path: error.place.path))
    }
  }
}

/// What the header of a safetensors file says, in the order of the data.
private struct SafetensorsHeader {
  struct Item {
    let name: String
    let dtype: DType
    let dims: [Int]
    let begin: Int
    let end: Int
    let origin: JSONValue
  }

  private(set) var tensors: [Item] = []
  private(set) var metadata: [String: String] = [:]

  init(_ header: JSONValue) throws(Diagnostic) {
    for (name, value) in try header.members() {
      if name == "__metadata__" {
        for (key, text) in try value.members() { metadata[key] = try text.string() }
      } else {
        tensors.append(try Self.item(name, value))
      }
    }
    tensors.sort { ($0.begin, $0.end, $0.name) < ($1.begin, $1.end, $1.name) }
  }

  private static func item(_ name: String, _ value: JSONValue) throws(Diagnostic) -> Item {
    let code = try value.string("dtype")
    guard let dtype = DType.allCases.first(where: { $0.code == code }) else {
      let known = DType.allCases.map(\.code).joined(separator: ", ")
      throw try value.value("dtype").problem("elements of the type \(code) are not read", hint: "convert them to one of \(known)")
    }
    let dims = try value.ints("shape")
    let extent = try value.ints("data_offsets")
    guard extent.count == 2, extent[0] >= 0, extent[1] >= extent[0] else {
      throw try value.value("data_offsets").problem("found \(extent), expected where the data begins and ends")
    }
    let isPositive = !dims.contains { $0 < 0 }
    guard isPositive, checkedProduct(dims + [dtype.byteCount]) == extent[1] - extent[0] else {
      throw value.problem("\(extent[1] - extent[0]) bytes for \(code) of the shape \(dims)")
    }
    return Item(name: name, dtype: dtype, dims: dims, begin: extent[0], end: extent[1], origin: value)
  }

  /// The tensors fill the `count` bytes after the header without holes and without sharing, as the format demands.
  func checkExtents(_ count: Int) throws(Diagnostic) {
    var position = 0
    for tensor in tensors {
      guard tensor.begin == position else {
        throw tensor.origin.problem("the data begins at \(tensor.begin), expected \(position), where the one before ends")
      }
      position = tensor.end
    }
    guard position == count else {
      throw Diagnostic("the tensors take \(position) bytes and the file has \(count)", hint: "it is cut short; fetch or save it again")
    }
  }
}

extension DType {
  /// What the format calls the type; types that it lacks, or packs, go by our name and take a byte for each element.
  fileprivate var code: String {
    switch self {
    case .float64: "F64"
    case .float32: "F32"
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .int64: "I64"
    case .int32: "I32"
    case .int16: "I16"
    case .int8: "I8"
    case .uint64: "U64"
    case .uint32: "U32"
    case .uint16: "U16"
    case .uint8: "U8"
    case .bool: "BOOL"
    case .float8e4m3fn: "F8_E4M3"
    case .float8e5m2: "F8_E5M2"
    case .float8e8m0: "F8_E8M0"
    case .float8e4m3fnuz, .float8e5m2fnuz, .float4e2m1, .int4, .int2, .uint4, .uint2: rawValue
    }
  }
}

extension Safetensors {
  /// The bytes of a file of `tensors`, each name once: widest elements first, then by name, so that all of them are aligned.
  package static func encode(_ tensors: [String: Tensor], metadata: [String: String] = [:]) -> [UInt8] {
    let sorted = tensors.sorted { (-$0.value.dtype.byteCount, $0.key) < (-$1.value.dtype.byteCount, $1.key) }
    var members: [JSON.Member] = []
    if !metadata.isEmpty {
      members.append(.init("__metadata__", .object(metadata.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })))
    }
    var position = 0
    for (name, tensor) in sorted {
      let extent: JSON = [.integer(position), .integer(position + tensor.bytes.count)]
      let shape = JSON.array(tensor.dims.map { .integer($0) })
      members.append(.init(name, ["dtype": .string(tensor.dtype.code), "shape": shape, "data_offsets": extent]))
      position += tensor.bytes.count
    }
    var header = Array(JSON.object(members).compact.utf8)
    header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
    return length + header + sorted.flatMap(\.value.bytes)
  }
}
