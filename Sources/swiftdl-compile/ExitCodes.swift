import ArgumentParser
import SwiftDL

/// Runs `body`; problems of the user's model are shown as they are and end the command with 1.
func reportingProblems(_ body: () throws -> Void) throws {
  do { try body() } catch let error as CompilerError {
    Terminal.show(error.problems)
    throw ExitCode(1)
  } catch let error as CommandFailure {
    Terminal.writeError("\(error)\n")
    throw ExitCode(1)
  }
}

extension ExitCode {
  /// The C and the reference disagree.
  static let checkFailed = ExitCode(2)
}
