import Containers
import Tensors

/// The file of weights that a model names, told by its contents: safetensors, arrays of NumPy, or plain elements one after the other.
final class NativeWeights {
  private enum Store {
    case none
    /// There is one, and its problem is reported.
    case broken
    case safetensors(Safetensors)
    case npz(Npz)
    case plain([UInt8])
  }

  private var store = Store.none
  private let origin: JSONValue
  private let session: ReadSession
  /// Where the next tensor without a place of its own lies in plain elements; `nil` as long as there was none.
  private var position: Int?
  private var files: [String: [UInt8]] = [:]

  init(_ json: JSONValue, _ session: ReadSession) {
    self.session = session
    origin = json.optional("weights") ?? json
    guard session.options.modelWeights != nil || json.optional("weights") != nil else { return }
    store = session.located(origin) { () throws(Diagnostic) in try open() } ?? .broken
  }

  private func open() throws(Diagnostic) -> Store {
    let path = if let named = session.options.modelWeights { named } else { try session.folder.resolve(origin.string()) }
    let bytes = try session.contents(ofPath: path)
    switch sniff(bytes) {
    case .safetensors: return .safetensors(try Safetensors(bytes, file: path))
    case .zip: return .npz(try Npz(bytes, file: path))
    case .hdf5, .gzip, .pickle, .npy:
      throw Diagnostic(
        "weights of a format that is not read here", hint: "save them as .safetensors, .npz or plain elements", place: Place(file: path))
    case .json, .protobuf, .tflite, .text, .unknown: return .plain(bytes)
    }
  }

  /// The tensor of a name; `nil` where the file has none of that name. `isBroken` if there is no telling.
  func named(_ name: String) throws(Diagnostic) -> Tensor? {
    switch store {
    case .none, .broken, .plain: nil
    case .safetensors(let file): file.contains(name) ? try file.tensor(name) : nil
    case .npz(let file): file.names.contains(name) ? try file.tensor(name) : nil
    }
  }

  var isBroken: Bool { if case .broken = store { true } else { false } }
  var isPlain: Bool { if case .plain = store { true } else { false } }

  /// `count` bytes of the plain weights from `offset`; without one, those after the tensor before.
  func plain(_ count: Int, at offset: Int?, _ json: JSONValue) throws(Diagnostic) -> [UInt8] {
    guard case .plain(let bytes) = store else {
      throw json.problem(
        "an offset without a file of plain elements", hint: "name the file: {\"file\": …, \"offset\": …}, or in \"weights\"")
    }
    let start = offset ?? position ?? 0
    if offset == nil { position = start + count }
    return try slice(bytes, start, count, json)
  }

  /// `count` bytes from `offset` of the file that the model calls `name`.
  func bytes(_ count: Int, at offset: Int, of name: String, _ json: JSONValue) throws(Diagnostic) -> [UInt8] {
    let contents = if let known = files[name] { known } else { try session.contents(named: name) }
    files[name] = contents
    return try slice(contents, offset, count, json)
  }

  private func slice(_ bytes: [UInt8], _ start: Int, _ count: Int, _ json: JSONValue) throws(Diagnostic) -> [UInt8] {
    let (end, overflow) = start.addingReportingOverflow(count)
    guard !overflow, start >= 0, end <= bytes.count else {
      throw json.problem(
        "\(count) bytes from byte \(start) of a file of \(bytes.count)", hint: "the file is too short, or a shape or offset is wrong")
    }
    return Array(bytes[start..<end])
  }

  /// Refuses plain elements that are left over, where the tensors lie one after the other.
  func finish(_ session: ReadSession) {
    guard case .plain(let bytes) = store, let position, position < bytes.count else { return }
    session.report(
      origin.problem("\(bytes.count - position) bytes of the weights are left over", hint: "the shapes and the file do not belong together")
    )
  }
}
