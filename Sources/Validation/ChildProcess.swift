import FoundationEssentials
import Glibc
import Tensors

/// How a program ended and what it wrote.
package struct ProcessOutcome: Hashable, Sendable {
  package enum Ending: Hashable, Sendable {
    case exited(Int32)
    case signalled(Int32)
    case timedOut
  }

  package var ending: Ending
  package var standardOutput: String
  package var standardError: String

  package var succeeded: Bool { ending == .exited(0) }
}

/// A program to run. No shell reads its arguments, and its standard input is empty.
package struct ChildProcess: Sendable {
  /// A path, or a name that is looked for in PATH.
  package var program: String
  package var arguments: [String]
  /// Variables that are added to our own environment.
  package var environment: [String: String] = [:]
  /// The program and all that it started are killed then.
  package var timeout: Duration = .seconds(60)

  package init(_ program: String, _ arguments: [String] = []) {
    self.program = program
    self.arguments = arguments
  }

  /// Runs the program to its end. What it writes goes to files: a pipe can fill up and block it.
  package func run() throws(Diagnostic) -> ProcessOutcome {
    let folder = try TemporaryFolder()
    let child = try spawn(into: folder)
    let ending = waitForEnd(of: child)
    return ProcessOutcome(
      ending: ending,
      standardOutput: String(decoding: try folder.read("output"), as: UTF8.self),
      standardError: String(decoding: try folder.read("error"), as: UTF8.self))
  }

  private func spawn(into folder: TemporaryFolder) throws(Diagnostic) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, folder.path + "/output", O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, folder.path + "/error", O_WRONLY | O_CREAT, 0o600)

    // A group of its own, so that a compiler's children are killed with it; no signal blocked, as they are in our workers.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))

    var child: pid_t = 0
    let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
    let code = withCStrings([program] + arguments) { argv in
      withCStrings(variables) { posix_spawnp(&child, program, &actions, &attributes, argv, $0) }
    }
    guard code == 0 else { throw Diagnostic("cannot start \"\(program)\": \(errorText(code))") }
    return child
  }

  /// Waits for the child, and kills what it leaves behind.
  private func waitForEnd(of child: pid_t) -> ProcessOutcome.Ending {
    defer { kill(-child, SIGKILL) }
    let deadline = ContinuousClock.now + timeout
    var status: Int32 = 0
    while waitpid(child, &status, WNOHANG) == 0 {
      guard ContinuousClock.now < deadline else {
        kill(-child, SIGKILL)
        waitpid(child, &status, 0)
        return .timedOut
      }
      usleep(1_000)
    }
    let signal = status & 0x7F
    return signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal)
  }
}

/// Calls `body` with the null-terminated array of C strings that `execve` takes.
private func withCStrings<Result>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result) -> Result {
  let copies = strings.map { strdup($0) }
  defer { for copy in copies { free(copy) } }
  return body(copies + [nil])
}
