import Containers
import Tensors

/// One reading of a model: what the user asked for, the files opened so far, and the problems found so far.
final class ReadSession {
  let options: ReadOptions
  let folder: ModelFolder
  let path: String
  private(set) var files: [String] = []
  var problems = Problems()
  var tests: [TestVector] = []
  private var usedDims: Set<String> = []

  init(_ path: String, _ options: ReadOptions) {
    self.path = path
    self.options = options
    folder = ModelFolder(ofModel: path)
  }

  /// The bytes of a file that the user named.
  func contents(ofPath path: String) throws(Diagnostic) -> [UInt8] {
    let bytes = try readFile(path)
    note(path)
    return bytes
  }

  /// The bytes of a file that the model names, inside its folder.
  func contents(named name: String) throws(Diagnostic) -> [UInt8] {
    let path = try folder.resolve(name)
    return try contents(ofPath: path)
  }

  /// Bytes of a file that the model names, inside its folder: `count` of them, or all that are left, from `start`.
  func slice(named name: String, from start: Int, count: Int?) throws(Diagnostic) -> [UInt8] {
    let path = try folder.resolve(name)
    let bytes = try readFile(path, from: start, count: count)
    note(path)
    return bytes
  }

  private func note(_ path: String) {
    if !files.contains(path) { files.append(path) }
  }

  func report(_ problem: Diagnostic) { problems.report(problem.place.file == nil ? problem.inFile(path) : problem) }
}

extension ReadSession {
  /// What the user says about the dimension `name`.
  func setting(_ name: String) -> ReadOptions.Extent? {
    usedDims.insert(name)
    return options.dims[name]
  }

  /// Refuses settings of dimensions that the model does not have.
  func reportUnusedDims(open: [String]) {
    for name in options.dims.keys.sorted() where !usedDims.contains(name) {
      let known = open.isEmpty ? "the model leaves none open but the batch" : "open are \(open.joined(separator: ", "))"
      report(Diagnostic("--dim \(name): the model has no such open dimension", hint: known))
    }
  }
}

extension ReadSession {
  /// The value of `body`, or `nil` after noting its problem. What is left out because of an earlier problem is not noted again.
  func attempt<T>(at component: String? = nil, _ body: () throws(Diagnostic) -> T) -> T? {
    do throws(Diagnostic) {
      return try body()
    } catch {
      if error != KerasSkip.diagnostic { report(component.map(error.at) ?? error) }
      return nil
    }
  }
}
