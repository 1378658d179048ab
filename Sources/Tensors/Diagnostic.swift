/// A place in the user's files, or in the user's model, that a problem belongs to.
package struct Place: Hashable, Sendable {
  /// The file as the user named it, with a 1-based line and column where they are known.
  package var file: String?
  package var line: Int?
  package var column: Int?
  /// What the model calls the place, outermost first: `layer "conv2d_1" (Conv2D)`.
  package var path: [String]

  package init(file: String? = nil, line: Int? = nil, column: Int? = nil, path: [String] = []) {
    self.file = file
    self.line = line
    self.column = column
    self.path = path
  }
}

/// A problem with what the user gave us: what was found, what was expected, and what to do about it.
/// A mistake of our own is a `precondition`, never a diagnostic.
package struct Diagnostic: Error, Hashable, Sendable {
  package enum Severity: String, Hashable, Sendable { case error, warning }

  package var severity: Severity
  package var message: String
  package var hint: String?
  package var place: Place

  package init(_ message: String, hint: String? = nil, severity: Severity = .error, place: Place = Place()) {
    self.severity = severity
    self.message = message
    self.hint = hint
    self.place = place
  }

  package static func warning(_ message: String, hint: String? = nil, place: Place = Place()) -> Diagnostic {
    Diagnostic(message, hint: hint, severity: .warning, place: place)
  }

  /// The same problem, one level further out in the model. Inner code says what, outer code says where.
  package func at(_ component: String) -> Diagnostic {
    var copy = self
    copy.place.path.insert(component, at: 0)
    return copy
  }

  /// The same problem in `file`, unless a file is already known.
  package func inFile(_ file: String) -> Diagnostic {
    var copy = self
    if copy.place.file == nil { copy.place.file = file }
    return copy
  }
}

extension Diagnostic: CustomStringConvertible {
  /// `FILE:LINE:COL: error: PLACE: message` and, on a second line, the hint: editors and build systems pick that up.
  package var description: String {
    var position = ""
    if let file = place.file {
      position = printable(file) + ":"
      if let line = place.line { position += "\(line):" + (place.column.map { "\($0):" } ?? "") }
      position += " "
    }
    let inModel = place.path.isEmpty ? "" : place.path.map { printable($0) }.joined(separator: ", ") + ": "
    let advice = hint.map { "\n  hint: \(printable($0))" } ?? ""
    return "\(position)\(severity.rawValue): \(inModel)\(printable(message))\(advice)"
  }
}

/// Text from a model made safe for a terminal: control characters are escaped, and what is very long is cut.
package func printable(_ text: String, limit: Int = 2_000) -> String {
  var result = ""
  for scalar in text.unicodeScalars.prefix(limit) {
    let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || (0x202A...0x202E).contains(scalar.value)
    if isControl { result += "\\u{\(String(scalar.value, radix: 16))}" } else { result.unicodeScalars.append(scalar) }
  }
  return text.unicodeScalars.count > limit ? result + "…" : result
}

/// All problems found in one stage, thrown together.
package struct Diagnostics: Error, Hashable, Sendable, CustomStringConvertible {
  package var all: [Diagnostic]
  package init(_ all: [Diagnostic]) { self.all = all }
  package var description: String { all.map(\.description).joined(separator: "\n") }
}

/// Collects problems so that a user sees all of them at once.
package struct Problems: Sendable {
  package private(set) var all: [Diagnostic] = []
  package init() {}

  package mutating func report(_ problem: Diagnostic) { all.append(problem) }

  package var hasErrors: Bool { all.contains { $0.severity == .error } }
  package var warnings: [Diagnostic] { all.filter { $0.severity == .warning } }

  /// The value of `body`, or `nil` after noting its problem at `component`.
  package mutating func attempt<T>(at component: String? = nil, _ body: () throws(Diagnostic) -> T) -> T? {
    do throws(Diagnostic) {
      return try body()
    } catch {
      report(component.map(error.at) ?? error)
      return nil
    }
  }

  /// Ends a stage: throws everything that was found if any of it is an error.
  package func throwIfAny() throws(Diagnostics) {
    if hasErrors { throw Diagnostics(all) }
  }
}
