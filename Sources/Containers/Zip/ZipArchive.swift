import Tensors

/// A zip file, read through its central directory. What one program may read in another way than the next is refused:
/// names twice, names that climb out, entries that overlap, local headers that disagree.
///
///     let archive = try ZipArchive(bytes, file: "model.keras")
///     let config = try archive.contents("config.json")
package struct ZipArchive: Sendable {
  /// In the order of the central directory; folders are left out.
  package let names: [String]
  private let entries: [String: ZipEntry]
  private let whole: ByteReader

  /// `file` is the name shown in diagnostics.
  package init(_ bytes: [UInt8], file: String? = nil) throws(Diagnostic) {
    whole = ByteReader(bytes, format: "zip", file: file)
    let directory = try ZipDirectory(whole)
    var budget = Budget(fileSize: bytes.count)
    var entries: [String: ZipEntry] = [:]
    var names: [String] = []
    for entry in try directory.entries(whole) {
      try budget.take(entry.size, for: whole)
      guard entries.updateValue(entry, forKey: entry.name) == nil else {
        throw whole.problem("two entries are named \"\(entry.name)\"", hint: "zip the files again")
      }
      if !entry.name.hasSuffix("/") { names.append(entry.name) }
    }
    self.entries = entries
    self.names = names
    try Self.checkOverlaps(Array(entries.values), whole)
  }

  package func contains(_ name: String) -> Bool { entries[name] != nil }

  /// The bytes of the entry `name`, checked against their checksum.
  package func contents(_ name: String) throws(Diagnostic) -> [UInt8] {
    guard let entry = entries[name] else {
      throw whole.problem("there is no \"\(name)\"", hint: "the archive has \(names.prefix(8).joined(separator: ", "))")
    }
    do throws(Diagnostic) { return try entry.contents(whole) } catch { throw error.at("entry \"\(name)\"") }
  }

  /// A small file could unfold to very much by having many entries share their data.
  private static func checkOverlaps(_ entries: [ZipEntry], _ whole: ByteReader) throws(Diagnostic) {
    let sorted = entries.sorted { $0.headerOffset < $1.headerOffset }
    for (entry, next) in zip(sorted, sorted.dropFirst()) {
      let (end, overflow) = entry.headerOffset.addingReportingOverflow(UInt64(entry.storedSize))
      guard !overflow, entry.headerOffset < next.headerOffset, end <= next.headerOffset else {
        throw whole.problem(
          "the entries \"\(entry.name)\" and \"\(next.name)\" overlap", hint: "the file is damaged or hostile; zip the files again")
      }
    }
  }
}
