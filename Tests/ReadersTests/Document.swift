import Containers
import FoundationEssentials
import Testing

/// The folder `docs`.
let documents = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/") + "/docs"

/// Compares with a file in `docs`. With SWIFTDL_REWRITE_GOLDENS set the file is rewritten, and the test fails nevertheless.
func expectDocument(_ name: String, _ text: String) throws {
  let path = "\(documents)/\(name)"
  if let stored = try? readFile(path), stored == Array(text.utf8) { return }
  if ProcessInfo.processInfo.environment["SWIFTDL_REWRITE_GOLDENS"] != nil {
    try Data(text.utf8).write(to: URL(filePath: path))
    Issue.record("\(name) was rewritten: look at the difference and run again")
  } else {
    Issue.record("\(name) is not what the registries say: SWIFTDL_REWRITE_GOLDENS=1 rewrites it")
  }
}
