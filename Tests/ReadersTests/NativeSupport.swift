import Containers
import FoundationEssentials
import GraphIR
import Readers
import Tensors
import Testing

/// A folder that is gone when the test is.
final class NativeFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "swiftdl-native-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(filePath: "\(path)/\(name)")) }

  /// Writes a model into the folder and reads it.
  func read(_ text: String, _ options: ReadOptions = ReadOptions()) throws -> ReadModel {
    try write("model.json", Array(text.utf8))
    return try ModelReader.read("\(path)/model.json", options)
  }
}

func readNative(_ text: String, _ options: ReadOptions = ReadOptions()) throws -> ReadModel { try NativeFolder().read(text, options) }

/// A model of these nodes on the input x, float32 `[2, 3]`, with the output y.
func nativeModel(_ nodes: String, _ more: String = "") -> String {
  #"""
  {"format": "swiftdl", "version": 1, "inputs": [{"name": "x", "shape": [2, 3]}], "outputs": ["y"],
   "nodes": [\#(nodes)]\#(more.isEmpty ? "" : ", " + more)}
  """#
}

/// Every problem with a model, without the names of folders: `3:12 message`.
func nativeProblems(_ text: String, _ options: ReadOptions = ReadOptions(), folder: NativeFolder? = nil) throws -> [String] {
  do {
    _ = try (folder ?? NativeFolder()).read(text, options)
    return []
  } catch let problems as Diagnostics {
    return problems.all.filter { $0.severity == .error }.map { problem in
      "\(problem.place.line ?? 0):\(problem.place.column ?? 0) \(problem.message) \(problem.hint ?? "")"
    }
  }
}

func nativeOutputs(_ model: ReadModel, _ inputs: [Tensor]) throws -> [Tensor] {
  #expect(model.graph.defects() == [])
  return try Interpreter(model.graph).outputs(inputs)
}
