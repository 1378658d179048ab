import Containers
import FoundationEssentials
import Tensors
import Testing

@Suite struct FileTests {
  @Test func readsAFileWholly() throws {
    try inFolder { folder in
      let content = [UInt8](repeating: 7, count: 2_500_000) + [1]
      try Data(content).write(to: URL(fileURLWithPath: "\(folder)/a"))
      #expect(try readFile("\(folder)/a") == content)
    }
  }

  @Test func saysWhyAFileCannotBeRead() throws {
    try inFolder { folder in
      let missing = problem { () throws(Diagnostic) in try readFile("\(folder)/absent") }
      #expect(missing.message == "cannot read the file: No such file or directory")
      #expect(missing.place.file == "\(folder)/absent")
      #expect(problem { () throws(Diagnostic) in try readFile(folder) }.message == "this is a folder, expected a file")
      #expect(problem { () throws(Diagnostic) in try readFile("/dev/zero") }.message == "this is a device, expected a file")
    }
  }

  @Test func opensWhatAModelNamesInsideItsFolderOnly() throws {
    try inFolder { folder in
      try FileManager.default.createDirectory(atPath: "\(folder)/model/sub", withIntermediateDirectories: true)
      for name in ["secret", "model/w.bin", "model/sub/x.bin"] { try Data(name.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
      try FileManager.default.createSymbolicLink(atPath: "\(folder)/model/out", withDestinationPath: "\(folder)/secret")
      try FileManager.default.createSymbolicLink(atPath: "\(folder)/model/up", withDestinationPath: "..")
      try FileManager.default.createSymbolicLink(atPath: "\(folder)/model/in", withDestinationPath: "w.bin")
      let model = ModelFolder(ofModel: "\(folder)/model/m.json")
      #expect(try model.contents("w.bin") == Array("model/w.bin".utf8))
      #expect(try model.contents("in") == Array("model/w.bin".utf8))
      #expect(try model.contents("sub/x.bin") == Array("model/sub/x.bin".utf8))
      for name in ["../secret", "out", "up/secret", "\(folder)/secret", "sub/../../secret", "", "w.bin\0", "..", "sub\\x.bin"] {
        let found = problem { () throws(Diagnostic) in try model.contents(name) }
        #expect(found.message.contains("not inside its folder"), "\(name)")
        #expect(found.place.file == "\(folder)/model/m.json")
      }
      #expect(problem { () throws(Diagnostic) in try model.contents("absent") }.message.contains("is not there"))
    }
  }

  @Test(arguments: [("m.json", "."), ("a/m.json", "a"), ("/m.json", "/"), ("/a/b/m.json", "/a/b")])
  func findsTheFolderOfAModel(model: String, folder: String) {
    #expect(ModelFolder(ofModel: model).path == folder)
  }

  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/swiftdl-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }
}
