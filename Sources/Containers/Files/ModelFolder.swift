import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The folder of a model file. A model names other files (weights, shards); only files inside this folder are opened for it,
/// so that a model from a stranger cannot read the rest of the disk.
package struct ModelFolder: Sendable {
  /// The folder as the user named it: `models` for `models/m.json`, `.` for `m.json`.
  package let path: String
  private let model: String

  package init(ofModel model: String) {
    self.model = model
    let folder = model.lastIndex(of: "/").map { model[..<$0] }
    path = folder.map { $0.isEmpty ? "/" : String($0) } ?? "."
  }

  /// The path of the file that the model calls `name`: inside the folder, links resolved, and there.
  package func resolve(_ name: String) throws(Diagnostic) -> String {
    let steps = name.split(separator: "/", omittingEmptySubsequences: false)
    guard !name.isEmpty, !name.hasPrefix("/"), !steps.contains(".."), !name.contains("\\"), !name.utf8.contains(0) else {
      throw outside(name)
    }
    let joined = path == "/" ? "/\(name)" : "\(path)/\(name)"
    guard let folder = realPath(path), let file = realPath(joined) else {
      throw problem(
        "the file \"\(name)\" is not there", hint: "the model needs it; put it beside the model, or name it with --model-weights")
    }
    guard file.hasPrefix(folder == "/" ? "/" : folder + "/") else { throw outside(name) }
    return joined
  }

  /// A file of that name lies inside the folder.
  package func contains(_ name: String) -> Bool { (try? resolve(name)) != nil }

  /// The bytes of the file that the model calls `name`.
  package func contents(_ name: String) throws(Diagnostic) -> [UInt8] { try readFile(resolve(name)) }

  private func outside(_ name: String) -> Diagnostic {
    problem(
      "the model names the file \"\(name)\", which is not inside its folder",
      hint: "put the file beside the model and name it relative to it")
  }

  private func problem(_ message: String, hint: String) -> Diagnostic { Diagnostic(message, hint: hint, place: Place(file: model)) }
}

/// The absolute path without links; `nil` where nothing is there.
private func realPath(_ path: String) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(cString: resolved)
}
