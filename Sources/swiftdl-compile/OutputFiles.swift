import Foundation
import SwiftDL

/// Files that appear whole, and all of them or none.
struct OutputFiles {
  private var files: [(path: String, contents: [UInt8])] = []

  mutating func add(_ path: String, _ contents: [UInt8]) { files.append((path, contents)) }

  /// Writes each file beside its place first, then moves all of them there.
  func write() throws {
    var staged: [(from: String, to: String)] = []
    defer { for file in staged { try? FileManager.default.removeItem(atPath: file.from) } }
    for file in files {
      let temporary = "\(file.path).\(ProcessInfo.processInfo.processIdentifier).part"
      staged.append((temporary, file.path))
      do { try Data(file.contents).write(to: URL(fileURLWithPath: temporary)) } catch {
        throw CommandFailure("cannot write \(file.path): \(reason(error))", hint: "check that the folder is there and may be written")
      }
    }
    for file in staged where rename(file.from, file.to) != 0 {
      throw CommandFailure("cannot write \(file.to): \(String(cString: strerror(errno)))", hint: "check what is there under that name")
    }
  }

  /// Fails where a file is missing or differs.
  func verifyUnchanged() throws {
    let changed = files.filter { FileManager.default.contents(atPath: $0.path) != Data($0.contents) }
    guard changed.isEmpty else {
      throw CommandFailure(
        "\(changed.map(\.path).joined(separator: ", ")): not what would be written now",
        hint: "run the same command without --verify-unchanged and commit the result")
    }
  }

  private func reason(_ error: any Error) -> String { (error as NSError).localizedDescription }
}

/// A problem of the command itself, not of the model.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String
  init(_ message: String, hint: String) { description = "error: \(message)\n  hint: \(hint)" }
}
