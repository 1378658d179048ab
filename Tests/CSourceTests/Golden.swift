import FoundationEssentials
import Testing

/// Compares `text` with the file `Fixtures/NAME` beside the test. With SWIFTDL_REWRITE_GOLDENS set the file is rewritten, and the
/// test fails nevertheless, so that nobody forgets to look at the difference.
func expectGolden(_ text: String, _ name: String, location: SourceLocation = #_sourceLocation, file: String = #filePath) {
  let path = URL(filePath: file).deletingLastPathComponent().appending(path: "Fixtures/\(name)")
  let stored = (try? Data(contentsOf: path)).map { String(decoding: $0, as: UTF8.self) }
  if stored == text { return }
  if ProcessInfo.processInfo.environment["SWIFTDL_REWRITE_GOLDENS"] != nil {
    try? Data(text.utf8).write(to: path)
    Issue.record("\(name) was rewritten: look at the difference and run again", sourceLocation: location)
  } else {
    Issue.record("\(name) differs (SWIFTDL_REWRITE_GOLDENS=1 rewrites it):\n\(text)", sourceLocation: location)
  }
}
