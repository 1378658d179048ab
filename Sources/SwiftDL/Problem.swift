import Tensors

/// Something about the user's model, files or options: what was found, what was expected, what to do.
public struct Problem: Hashable, Sendable, CustomStringConvertible {
  package let diagnostic: Diagnostic
  package init(_ diagnostic: Diagnostic) { self.diagnostic = diagnostic }

  /// A warning leaves the result usable; an error does not.
  public var isWarning: Bool { diagnostic.severity == .warning }
  public var message: String { diagnostic.message }
  public var hint: String? { diagnostic.hint }
  /// The file as the user named it, and the line and column in it, where they are known.
  public var file: String? { diagnostic.place.file }
  public var line: Int? { diagnostic.place.line }
  public var column: Int? { diagnostic.place.column }
  /// What the model calls the place, outermost first.
  public var path: [String] { diagnostic.place.path }
  /// `FILE:LINE:COL: error: …`, with the hint on a line of its own.
  public var description: String { diagnostic.description }
}

/// All problems that were found before it was impossible to go on.
public struct CompilerError: Error, CustomStringConvertible {
  public let problems: [Problem]
  init(_ diagnostics: [Diagnostic]) { problems = diagnostics.map(Problem.init) }
  public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Runs `body` with its diagnostics turned into the error of the public interface.
func reporting<T>(file: String? = nil, _ body: () throws(Diagnostic) -> T) throws(CompilerError) -> T {
  do throws(Diagnostic) { return try body() } catch { throw CompilerError([file.map(error.inFile) ?? error]) }
}
