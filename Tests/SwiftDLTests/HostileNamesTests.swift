import Containers
import Foundation
import SwiftDL
import Testing
import Validation

/// Names from a model never end a comment, a string or a line of the C.
@Suite struct HostileNamesTests {
  static let names = [
    "a\"b", "line\nbreak", "*/ int x; /*", "// \\\n", "größe 模型 🦜", "int", "main", "??/", "#include", "%s%n", "", "..", "a\u{202E}b",
    String(repeating: "x", count: 10_000), "\u{0}nul",
  ]

  @Test(arguments: names) func compilesSilently(name: String) throws {
    let (first, second) = (try quoted(name), try quoted("second \(name)"))
    let text = """
      {"class_name": "Sequential", "config": {"name": \(first), "layers": [
        {"class_name": "InputLayer", "config": {"name": \(first), "batch_shape": [null, 3], "dtype": "float32"}},
        {"class_name": "Softmax", "config": {"name": \(second), "axis": -1}}]}}
      """
    let folder = FileManager.default.temporaryDirectory.appending(path: "swiftdl-names-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "model.json").path
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    var options = CompileOptions(name: "net")
    options.harness = true
    var sources: SourceSet = [:]
    for file in try Compilation(Model(contentsOf: path), options).files { sources.add(file.name, bytes: file.contents) }
    let compiler = SystemCompiler("gcc", flags: ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O0"])
    guard compiler.isAvailable else { return withKnownIssue("gcc is not installed") { Issue.record("missing") } }
    #expect(try compiler.executable(sources).run([]).succeeded)
  }

  private func quoted(_ name: String) throws -> String { String(decoding: try JSONEncoder().encode(name), as: UTF8.self) }
}
