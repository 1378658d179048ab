import Containers
import Tensors

/// The weights of a TensorFlow.js model: groups of files whose bytes, put together, hold the weights one after the other without gaps.
enum TFJSManifest {
  static func weights(_ manifest: JSONValue, _ session: ReadSession) throws(Diagnostic) -> NamedWeights {
    var all: [StoredWeight] = []
    for group in try manifest.array() {
      if let found = session.attempt({ () throws(Diagnostic) in try weights(ofGroup: group, session) }) { all += found }
    }
    return NamedWeights(source: "the manifest", all)
  }

  private static func weights(ofGroup group: JSONValue, _ session: ReadSession) throws(Diagnostic) -> [StoredWeight] {
    let entries = try group.array("weights").map { (entry) throws(Diagnostic) in try TFJSWeight(entry) }
    let bytes = try shards(group, session)
    var reader = ByteReader(bytes, format: "weights", file: try group.strings("paths").first)
    var found: [StoredWeight] = []
    for entry in entries {
      let bytes = try take(entry, &reader, group, total: bytes.count)
      if !entry.isOptimizer {
        found.append(StoredWeight(name: entry.name, dims: entry.dims) { () throws(Diagnostic) in try entry.tensor(bytes) })
      }
    }
    if !reader.isAtEnd {
      throw group.problem(
        "the files of this group have \(bytes.count) bytes, its weights need \(reader.offset)",
        hint: "the files belong to another model, or shapes in the manifest were edited")
    }
    return found
  }

  private static func take(_ entry: TFJSWeight, _ reader: inout ByteReader, _ group: JSONValue, total: Int) throws(Diagnostic) -> ByteReader
  {
    guard let count = try entry.byteCount(reader) else { throw entry.json.problem("the shape \(entry.dims) overflows") }
    guard count <= reader.remaining else {
      throw entry.json.problem(
        "the weight \"\(entry.name)\" needs \(count) bytes from byte \(reader.offset), and the files of its group end at byte \(total)",
        hint: "a file is cut short, or belongs to another model; export the model again")
    }
    return try reader.slice(count)
  }

  private static func shards(_ group: JSONValue, _ session: ReadSession) throws(Diagnostic) -> [UInt8] {
    var bytes: [UInt8] = []
    for path in try group.array("paths") {
      do throws(Diagnostic) { bytes += try session.contents(named: path.string()) } catch {
        var problem = error
        if problem.place.file == nil || problem.place.file == session.path { problem.place = path.place }
        throw problem
      }
    }
    return bytes
  }
}

/// One weight of a manifest.
private struct TFJSWeight {
  /// How small integers stand for numbers.
  enum Quantisation {
    case none
    /// `value = integer * scale + minimum`.
    case linear(scale: Double, minimum: Double)
  }

  let json: JSONValue
  let name: String
  let dims: [Int]
  let isOptimizer: Bool
  private let isString: Bool
  private let stored: DType
  private let quantisation: Quantisation

  init(_ json: JSONValue) throws(Diagnostic) {
    self.json = json
    name = try json.string("name")
    dims = try json.ints("shape")
    isOptimizer = try json.string("group", default: "model") == "optimizer"
    let written = try json.value("dtype")
    isString = try written.string() == "string"
    guard let dtype = isString ? .uint8 : DType(rawValue: try written.string()) else {
      throw written.problem(
        "the type of \"\(name)\" is \(written.summary)", hint: "known are float32, float16, int32, uint8, bool and string")
    }
    guard let given = json.optional("quantization") else {
      (stored, quantisation) = (dtype, .none)
      return
    }
    let kind = try given.string("dtype")
    switch kind {
    case "float16": (stored, quantisation) = (.float16, .none)
    case "uint8", "uint16":
      stored = kind == "uint8" ? .uint8 : .uint16
      quantisation = .linear(scale: try given.double("scale"), minimum: try given.double("min"))
    default: throw given.problem("\"\(name)\" is quantised to \(kind)", hint: "known are uint8, uint16 and float16")
    }
  }

  /// The bytes that the weight takes from `reader`; `nil` where the shape overflows.
  func byteCount(_ reader: ByteReader) throws(Diagnostic) -> Int? {
    guard dims.allSatisfy({ $0 >= 0 }), let count = checkedProduct(dims) else { return nil }
    guard isString else { return checkedProduct([count, stored.byteCount]) }
    var ahead = reader
    for _ in 0..<count {
      let length = try ahead.little(UInt32.self)
      try ahead.skip(Int(length))
    }
    return ahead.offset - reader.offset
  }

  func tensor(_ bytes: ByteReader) throws(Diagnostic) -> Tensor {
    guard !isString else { throw json.problem("\"\(name)\" is text, numbers are expected") }
    var reader = bytes
    let tensor = Tensor(stored, dims, bytes: try reader.bytes(reader.remaining))
    switch quantisation {
    case .none: return tensor
    case .linear(let scale, let minimum): return Tensor(.float32, dims, tensor.doubles.map { $0 * scale + minimum })
    }
  }
}
