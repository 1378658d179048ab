import Containers
import GraphIR
import ONNXProto
import Tensors

/// Reads a model, whatever its format: that is told by the contents of the file, never by its name.
package enum ModelReader {
  /// The graph of the model at `path`. Throws every problem that was found, warnings among them.
  package static func read(_ path: String, _ options: ReadOptions = ReadOptions()) throws(Diagnostics) -> ReadModel {
    let session = ReadSession(path, options)
    let found = session.attempt { () throws(Diagnostic) in try read(session) }
    try session.problems.throwIfAny()
    guard let (format, graph) = found ?? nil else { throw Diagnostics(session.problems.all) }
    return ReadModel(graph: graph, warnings: session.problems.warnings, tests: session.tests, files: session.files, format: format)
  }

  private static func read(_ session: ReadSession) throws(Diagnostic) -> (String, Graph)? {
    let bytes = try session.contents(ofPath: session.path)
    let source = try ModelSource(bytes, session)
    guard let format = ModelFormat.all.first(where: { $0.recognises(source) }) else { throw UnreadFormats.problem(source, session.path) }
    guard let graph = try format.read(source, session) else { return nil }
    return (format.name, graph)
  }
}

/// A model file, opened as what its contents are.
enum ModelSource {
  case json(JSONValue)
  case zip(ZipArchive)
  case hdf5(HDF5File)
  case onnx(ONNXModelProto)
  case other(ContainerKind, [UInt8])

  init(_ bytes: [UInt8], _ session: ReadSession) throws(Diagnostic) {
    switch sniff(bytes) {
    case .json: self = .json(try JSONValue(parsing: bytes, file: session.path))
    case .zip: self = .zip(try ZipArchive(bytes, file: session.path))
    case .hdf5: self = .hdf5(try HDF5File(bytes, file: session.path))
    case .protobuf: self = try ONNXModelProto(onnx: bytes).map { .onnx($0) } ?? .other(.protobuf, bytes)
    case let kind: self = .other(kind, bytes)
    }
  }

  var json: JSONValue? { if case .json(let value) = self { value } else { nil } }
}

/// One format that can be read.
struct ModelFormat: Sendable {
  let name: String
  let recognises: @Sendable (ModelSource) -> Bool
  /// The graph, or `nil` after reporting why there is none.
  let read: @Sendable (ModelSource, ReadSession) throws(Diagnostic) -> Graph?

  static let all = [native, kerasJSON, tensorFlowJS, kerasArchive, kerasHDF5, onnx]
}
