import FoundationEssentials
import Glibc
import Tensors

/// A fresh folder that only this user can read, deleted with all it holds when the last reference goes.
package final class TemporaryFolder: Sendable {
  package let path: String

  package init() throws(Diagnostic) {
    let parent = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    var template = Array("\(parent)/swiftdl-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else {
      throw Diagnostic(
        "cannot create a temporary folder in \(parent): \(errorText(errno))", hint: "set TMPDIR to a folder that can be written to")
    }
    path = String(cString: made)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  package func write(_ file: SourceSet.File) throws(Diagnostic) {
    do {
      try Data(file.bytes).write(to: URL(filePath: path + "/" + file.name))
    } catch {
      throw Diagnostic("cannot write \(path)/\(file.name): \(error)", hint: "free some space or set TMPDIR")
    }
  }

  package func read(_ name: String) throws(Diagnostic) -> [UInt8] {
    do {
      return try Array(Data(contentsOf: URL(filePath: path + "/" + name)))
    } catch {
      throw Diagnostic("cannot read \(path)/\(name): \(error)")
    }
  }
}

/// What the system calls the error `code`.
func errorText(_ code: Int32) -> String { String(cString: strerror(code)) }
