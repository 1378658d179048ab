/// The files of one C program by name, in order: units (`.c`), headers, and data for the assembler.
package struct SourceSet: Sendable, ExpressibleByDictionaryLiteral {
  package struct File: Sendable {
    package var name: String
    package var bytes: [UInt8]
  }

  package private(set) var files: [File] = []

  package init(dictionaryLiteral elements: (String, String)...) {
    for (name, text) in elements { add(name, text) }
  }

  package mutating func add(_ name: String, _ text: String) { add(name, bytes: Array(text.utf8)) }

  /// `name` is a plain file name, not a path.
  package mutating func add(_ name: String, bytes: [UInt8]) {
    precondition(!name.isEmpty && !name.contains("/"), "\(name) is not a plain file name")
    files.append(File(name: name, bytes: bytes))
  }

  /// The files that are compiled; the others are only included.
  package var units: [File] { files.filter { $0.name.hasSuffix(".c") } }
}
