import Foundation
import SwiftDL

/// What people see beside the result: warnings and progress on stderr.
enum Terminal {
  static func show(_ problems: [Problem]) {
    for problem in problems { writeError("\(problem)\n") }
  }

  static func writeError(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

  static let isInteractive = isatty(STDERR_FILENO) == 1
}

/// A line on stderr that is rewritten while long work goes on; nothing where stderr is no terminal.
final class ProgressLine {
  private let start = ContinuousClock.now
  private var isShown = false

  /// `fraction` between 0 and 1 where it is known.
  func show(_ activity: String, _ fraction: Double? = nil) {
    // Short work needs no bar.
    guard Terminal.isInteractive, ContinuousClock.now - start > .milliseconds(300) else { return }
    let bar = fraction.map { done in
      let filled = Int(done * 24)
      return "[" + String(repeating: "█", count: filled) + String(repeating: "·", count: 24 - filled) + "] \(Int(done * 100)) % "
    }
    Terminal.writeError("\r\u{1B}[K\(bar ?? "")\(activity)")
    isShown = true
  }

  func finish() {
    if isShown { Terminal.writeError("\r\u{1B}[K") }
    isShown = false
  }
}

/// Columns aligned for reading; the first to the left, numbers to the right.
func table(_ header: [String], _ rows: [[String]], leftAligned: Set<Int> = [0]) -> String {
  let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
  func line(_ cells: [String]) -> String {
    let padded = cells.enumerated().map { column, cell in
      let space = String(repeating: " ", count: widths[column] - cell.count)
      return leftAligned.contains(column) ? cell + space : space + cell
    }
    return padded.joined(separator: "  ").replacing(/\s+$/, with: "")
  }
  let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
  return ([line(header), rule] + rows.map(line)).joined(separator: "\n")
}

/// `1.2 kB`, `3.4 MB`: decimal units, as datasheets have them.
func bytes(_ count: Int) -> String {
  switch count {
  case ..<1_000: "\(count) B"
  case ..<1_000_000: String(format: "%.1f kB", Double(count) / 1e3)
  default: String(format: "%.1f MB", Double(count) / 1e6)
  }
}

/// `12.3 M`: counts with the prefix that leaves few digits.
func short(_ count: Int) -> String {
  switch count {
  case ..<10_000: "\(count)"
  case ..<10_000_000: String(format: "%.1f k", Double(count) / 1e3)
  default: String(format: "%.1f M", Double(count) / 1e6)
  }
}
