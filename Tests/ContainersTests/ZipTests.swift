import Containers
import Tensors
import Testing

@Suite struct ZipTests {
  @Test(arguments: ["stored.keras", "deflated.keras"]) func readsWhatKerasSaves(name: String) throws {
    let archive = try ZipArchive(fixture(name))
    #expect(archive.names == ["metadata.json", "config.json", "model.weights.h5"])
    #expect(try JSONValue(parsing: archive.contents("config.json")).string("class_name") == "Sequential")
    #expect(try archive.contents("model.weights.h5") == fixture("legacy.h5"))
  }

  @Test func saysWhatAnArchiveHasInPlaceOfWhatIsMissing() throws {
    let archive = try ZipArchive(fixture("stored.keras"), file: "m.keras")
    let found = problem { () throws(Diagnostic) in try archive.contents("weights") }
    #expect(found.hint == "the archive has metadata.json, config.json, model.weights.h5")
    #expect(found.place.file == "m.keras")
  }

  @Test func readsArchivesWithCommentsFoldersAndNothing() throws {
    var builder = ZipBuilder([.init(name: "folder/"), .init(name: "folder/a", data: [65, 66])])
    builder.comment = Array("PK\u{5}\u{6} in a comment".utf8)
    let archive = try ZipArchive(builder.bytes)
    #expect(archive.names == ["folder/a"])
    #expect(try archive.contents("folder/a") == [65, 66])
    #expect(try ZipArchive(ZipBuilder([]).bytes).names.isEmpty)
  }

  @Test func readsTheFormForLargeArchives() throws {
    var builder = ZipBuilder([.init(name: "a", data: [1, 2, 3]), .init(name: "b", data: [4])])
    builder.isLarge = true
    let archive = try ZipArchive(builder.bytes)
    #expect(try archive.contents("a") == [1, 2, 3])
    #expect(try archive.contents("b") == [4])
  }

  @Test(arguments: ["../a", "/a", "a/../b", "a\\b", "C:a", "", "a\0b", ".."]) func refusesNamesThatLeadOut(name: String) {
    let bytes = ZipBuilder([.init(name: name)]).bytes
    #expect(problem { () throws(Diagnostic) in try ZipArchive(bytes) }.message.contains("leads out of the archive"))
  }

  @Test func refusesTheSameNameTwice() {
    let bytes = ZipBuilder([.init(name: "a"), .init(name: "a")]).bytes
    #expect(problem { () throws(Diagnostic) in try ZipArchive(bytes) }.message.contains("two entries are named \"a\""))
  }

  @Test func refusesEntriesThatShareTheirData() {
    var builder = ZipBuilder([.init(name: "a", data: [1, 2, 3]), .init(name: "b", data: [1, 2, 3])])
    builder.entries[1].offset = 0
    let bytes = builder.bytes
    #expect(problem { () throws(Diagnostic) in try ZipArchive(bytes) }.message.contains("overlap"))
  }

  @Test func refusesWhatWouldUnfoldToVeryMuch() {
    var builder = ZipBuilder([.init(name: "a", data: [1, 2, 3])])
    builder.entries[0].size = 1 << 30
    let bytes = builder.bytes
    #expect(problem { () throws(Diagnostic) in try ZipArchive(bytes) }.message.contains("would unfold to 1073741824 bytes"))
  }

  /// What is changed in an entry of the data `ABC`, and what is said about it.
  static let changes: [(String, @Sendable (inout ZipBuilder.Entry) -> Void)] = [
    ("the checksum is wrong", { $0.checksum ^= 1 }),
    ("unfolds to 3 bytes, declared are 4", { $0.size = 4 }),
    ("compressed by method 12", { $0.method = 12 }),
    ("compressed data is damaged", { $0.method = 8 }),
    ("\"a\" is encrypted", { $0.flags = 1 }),
    ("another name than in the directory", { $0.localName = "b" }),
    ("needs 1000 bytes", { $0.storedSize = 1000 }),
    ("should be at byte 70000", { $0.offset = 70_000 }),
  ]

  @Test(arguments: changes.indices) func refusesEntriesThatDisagree(index: Int) {
    let (message, change) = Self.changes[index]
    var builder = ZipBuilder([.init(name: "a", data: [65, 66, 67])])
    change(&builder.entries[0])
    let bytes = builder.bytes
    let found = problem { () throws(Diagnostic) in try ZipArchive(bytes).contents("a") }
    #expect(found.message.contains(message), "\(found.message)")
  }
}

/// Zip files as they should not be.
struct ZipBuilder {
  struct Entry {
    var name: String
    var localName: String
    var data: [UInt8]
    var method: UInt16 = 0
    var flags: UInt16 = 0
    var checksum: UInt32
    var storedSize: UInt32
    var size: UInt32
    /// The place of the local header, where it should be told wrongly.
    var offset: UInt32?

    init(name: String, data: [UInt8] = []) {
      self.name = name
      localName = name
      self.data = data
      checksum = crc(data)
      storedSize = UInt32(data.count)
      size = UInt32(data.count)
    }
  }

  var entries: [Entry]
  var comment: [UInt8] = []
  var isLarge = false

  init(_ entries: [Entry]) { self.entries = entries }

  var bytes: [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      directory += record(entry, at: UInt32(file.count))
      file += little(0x0403_4B50, 4) + little(20, 2) + little(UInt64(entry.flags), 2) + little(UInt64(entry.method), 2) + little(0, 4)
      file += little(UInt64(entry.checksum), 4) + little(UInt64(entry.storedSize), 4) + little(UInt64(entry.size), 4)
      file += little(UInt64(entry.localName.utf8.count), 2) + little(0, 2) + Array(entry.localName.utf8) + entry.data
    }
    return file + directory + end(directory, at: UInt64(file.count))
  }

  private func record(_ entry: Entry, at offset: UInt32) -> [UInt8] {
    let sizes = [UInt64(entry.size), UInt64(entry.storedSize), UInt64(entry.offset ?? offset)]
    let extra = isLarge ? little(1, 2) + little(24, 2) + sizes.flatMap { little($0, 8) } : []
    let shown = isLarge ? [0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF] : sizes
    var bytes = little(0x0201_4B50, 4) + little(20, 2) + little(20, 2) + little(UInt64(entry.flags), 2) + little(UInt64(entry.method), 2)
    bytes += little(0, 4) + little(UInt64(entry.checksum), 4) + little(shown[1], 4) + little(shown[0], 4)
    bytes += little(UInt64(entry.name.utf8.count), 2) + little(UInt64(extra.count), 2) + little(0, 2) + little(0, 8)
    return bytes + little(shown[2], 4) + Array(entry.name.utf8) + extra
  }

  private func end(_ directory: [UInt8], at offset: UInt64) -> [UInt8] {
    let count = UInt64(entries.count)
    let size = UInt64(directory.count)
    var large: [UInt8] = []
    if isLarge {
      large += little(0x0606_4B50, 4) + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8) + little(count, 8) + little(count, 8)
      large += little(size, 8) + little(offset, 8)
      large += little(0x0706_4B50, 4) + little(0, 4) + little(offset + size, 8) + little(1, 4)
    }
    let small = little(0x0605_4B50, 4) + little(0, 4) + little(isLarge ? 0xFFFF : count, 2) + little(isLarge ? 0xFFFF : count, 2)
    let place = little(isLarge ? 0xFFFF_FFFF : size, 4) + little(isLarge ? 0xFFFF_FFFF : offset, 4)
    return large + small + place + little(UInt64(comment.count), 2) + comment
  }
}

private func little(_ value: UInt64, _ width: Int) -> [UInt8] { (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

/// The checksum by its definition, one bit at a time.
private func crc(_ bytes: [UInt8]) -> UInt32 {
  ~bytes.reduce(~0 as UInt32) { sum, byte in
    (0..<8).reduce(sum ^ UInt32(byte)) { bits, _ in bits >> 1 ^ (bits & 1 != 0 ? 0xEDB8_8320 : 0) }
  }
}
