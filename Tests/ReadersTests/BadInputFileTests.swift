import Containers
import FoundationEssentials
import Readers
import Tensors
import Testing

/// Files that are missing, cut, swapped or no models at all: what is said of each names the file and what to do.
@Suite struct BadInputFileTests {
  private static let source = "\(Fixture.folder)/tfjs/cnn_shards"

  /// Every problem of the model at `path`, the warnings too.
  private func problems(_ path: String, _ options: ReadOptions = ReadOptions()) -> String {
    do throws(Diagnostics) {
      return try ModelReader.read(path, options).warnings.map(\.description).joined(separator: "\n")
    } catch {
      return error.description
    }
  }

  private func problems(ofBytes bytes: [UInt8], _ name: String = "model.json") throws -> String {
    let folder = try NativeFolder()
    try folder.write(name, bytes)
    return problems("\(folder.path)/\(name)")
  }

  /// What is said of a copy of a model of eight shards after `edit`.
  private func problemsAfter(_ edit: (NativeFolder) throws -> Void) throws -> String {
    let folder = try NativeFolder()
    for file in listing(Self.source) { try folder.write(file, try readFile("\(Self.source)/\(file)")) }
    try edit(folder)
    return problems("\(folder.path)/model.json")
  }

  private func expect(_ text: String, says parts: String..., location: SourceLocation = #_sourceLocation) {
    for part in parts { #expect(text.contains(part), "\"\(part)\" is missing from: \(text)", sourceLocation: location) }
  }

  @Test func aMissingShardIsNamed() throws {
    let text = try problemsAfter { removeFile("\($0.path)/group1-shard3of8.bin") }
    expect(text, says: "model.json:", "\"group1-shard3of8.bin\" is not there", "put it beside the model")
  }

  @Test func aShardThatIsTooShortIsToldByTheWeightThatEndsInIt() throws {
    let text = try problemsAfter { folder in
      try folder.write("group1-shard8of8.bin", Array(readFile("\(Self.source)/group1-shard8of8.bin").dropLast(3)))
    }
    expect(text, says: "model.json:", "the weight \"", "bytes from byte", "cut short")
  }

  @Test func aShardThatIsTooLongIsRefused() throws {
    let text = try problemsAfter { folder in
      try folder.write("group1-shard8of8.bin", readFile("\(Self.source)/group1-shard8of8.bin") + [1, 2, 3])
    }
    expect(text, says: "the files of this group have", "its weights need", "another model")
  }

  @Test(arguments: ["[4611686018427387904, 4]", "[-1, 4]", "[100000, 100000]"])
  func aShapeThatDoesNotMatchTheBytesIsRefused(shape: String) throws {
    let text = try problemsAfter { folder in
      let manifest = String(decoding: try readFile("\(Self.source)/model.json"), as: UTF8.self)
      let range = try #require(manifest.firstRange(of: "\"weightsManifest\""))
      let first = try #require(manifest[range.upperBound...].firstRange(of: "\"shape\":"))
      let end = try #require(manifest[first.upperBound...].firstIndex(of: "]"))
      try folder.write("model.json", Array((manifest[..<first.upperBound] + shape + manifest[manifest.index(after: end)...]).utf8))
    }
    expect(text, says: "model.json:")
    #expect(text.contains("overflows") || text.contains("needs"), "\(text)")
  }

  @Test(arguments: ["../secret.bin", "/etc/hostname", "a/../../secret.bin", "..\\\\secret.bin", "link.bin"])
  func pathsOutOfTheFolderAreRefused(path: String) throws {
    let text = try problemsAfter { folder in
      let manifest = String(decoding: try readFile("\(Self.source)/model.json"), as: UTF8.self)
      try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/link.bin", withDestinationPath: "/etc/hostname")
      try folder.write("model.json", Array(manifest.replacing("group1-shard1of8.bin", with: path).utf8))
    }
    expect(text, says: "model.json:", "which is not inside its folder", "put the file beside the model")
  }

  @Test func numbersThatAreNotFiniteAreAWarning() throws {
    let folder = try NativeFolder()
    let source = "\(Fixture.folder)/tfjs/mlp"
    for file in listing(source) {
      var bytes = try readFile("\(source)/\(file)")
      if file.hasSuffix(".bin") { bytes.replaceSubrange(0..<8, with: [0, 0, 0xC0, 0x7F, 0, 0, 0x80, 0x7F]) }
      try folder.write(file, bytes)
    }
    let model = try ModelReader.read("\(folder.path)/model.json")
    #expect(model.warnings.contains { $0.message.contains("2 numbers that are NaN or infinite") && $0.severity == .warning })
  }

  @Test func aWeightOfAnotherShapeIsNamedWithBothShapes() throws {
    let folder = try NativeFolder()
    let text = String(decoding: try readFile("\(Fixture.folder)/tfjs/mlp/model.json"), as: UTF8.self)
    let units = try #require(text.firstRange(of: "\"units\":"))
    let end = try #require(text[units.upperBound...].firstIndex { ",}".contains($0) })
    for file in listing("\(Fixture.folder)/tfjs/mlp") { try folder.write(file, try readFile("\(Fixture.folder)/tfjs/mlp/\(file)")) }
    try folder.write("model.json", Array((text[..<units.upperBound] + "77" + text[end...]).utf8))
    expect(problems("\(folder.path)/model.json"), says: "the weight \"kernel\" has the shape", "77] is expected", "different models")
  }

  @Test(arguments: [
    ("", "no known format"), ("\u{89}PNG\r\n\u{1A}\n", "no known format"), ("hello", "text that is no JSON"), ("{", "JSON"),
    (#"{"elements":[],"textures":{}}"#, "Minecraft"),
    (#"{"format":"graph-model","modelTopology":{"node":[]},"weightsManifest":[]}"#, "graph model"),
    (#"{"a":1}"#, "holds no known model"), ("[]", "JSON"), ("null", "text that is no JSON"),
  ])
  func textsThatAreNoModelsAreTold(content: String, message: String) throws {
    expect(try problems(ofBytes: Array(content.utf8)), says: "model.json", "error: ", message, "hint: ")
  }

  @Test(
    arguments: [
      ([0x80, 0x04, 0x95, 0, 0, 0, 0, 0, 0, 0, 0, 0x2E], "pickle"), ([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], "gunzip"),
      ([0x1C, 0, 0, 0, 0x54, 0x46, 0x4C, 0x33, 0, 0], "TensorFlow Lite"), ([8, 7, 18, 2, 0x68, 0x69, 40, 1], "ONNX"),
      (Array([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D]), "no known format"),
    ] as [([UInt8], String)])
  func filesOfOtherKindsAreTold(bytes: [UInt8], message: String) throws {
    expect(try problems(ofBytes: bytes, "model.keras"), says: "model.keras: error: ", message, "hint: ")
  }

  @Test func foldersAndMissingFilesAreTold() throws {
    let folder = try NativeFolder()
    expect(problems(folder.path), says: "this is a folder", "name the model file inside it")
    expect(problems("\(folder.path)/nothing.json"), says: "nothing.json: error: cannot read the file", "check the path")
    expect(problems("/dev/zero"), says: "device")
  }
}
