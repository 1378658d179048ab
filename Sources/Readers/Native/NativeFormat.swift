import Containers
import GraphIR
import Tensors

extension ModelFormat {
  /// Our own JSON, as `docs/json-format.md` tells.
  static let native = ModelFormat(name: "swiftdl JSON") { source in
    (try? source.json?["format"]?.string()) == "swiftdl"
  } read: { (source, session) throws(Diagnostic) in
    guard let json = source.json else { return nil }
    return try NativeModel.read(json, session)
  }
}

/// A whole model in our own format.
enum NativeModel {
  static let version = 1

  /// The graph, or `nil` after reporting why there is none.
  static func read(_ json: JSONValue, _ session: ReadSession) throws(Diagnostic) -> Graph? {
    try checkVersion(json)
    session.checkKeys(json, NativeKeys.model)
    let dims = NativeDims(json, session)
    let weights = NativeWeights(json, session)
    let tensors = NativeTensors(json, weights, session)
    let reader = NativeGraph(json, name: name(json, session), tensors, dims, session)
    let graph = reader.read()
    weights.finish(session)
    guard let graph, !session.problems.hasErrors else { return nil }
    session.tests += NativeVectors(graph, reader.declared, tensors, dims, session).read(json)
    tensors.warnOfUnused()
    return graph
  }

  private static func checkVersion(_ json: JSONValue) throws(Diagnostic) {
    let found = try json.int("version")
    guard found != version else { return }
    throw try json.value("version").problem(
      "version \(found) of the format", hint: "this reads version \(version); a newer swiftdl may read the file")
  }

  private static func name(_ json: JSONValue, _ session: ReadSession) -> String {
    json.optional("name").flatMap { name in session.located(name) { () throws(Diagnostic) in try name.string() } } ?? "model"
  }
}
