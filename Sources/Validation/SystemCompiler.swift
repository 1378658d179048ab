import FoundationEssentials
import Tensors

/// A C compiler of this machine, driven as a program.
package struct SystemCompiler: Sendable {
  /// The program and the arguments that always come first.
  package var command: [String]
  package var flags = ["-O3", "-march=native", "-std=c99"]
  package var timeout: Duration = .seconds(600)
  /// What starts the programs that it makes, where this machine does not run them by itself: an emulator and its arguments.
  package var launcher: [String] = []

  /// The compiler `name` with `flags`; otherwise what the variable CC says; otherwise `cc`.
  package init(_ name: String? = nil, flags: [String]? = nil) {
    let words = (ProcessInfo.processInfo.environment["CC"] ?? "").split(separator: " ").map { String($0) }
    command = name.map { [$0] } ?? (words.isEmpty ? ["cc"] : words)
    if let flags { self.flags = flags }
  }

  /// A compiler and its flags as people type them, without quotes; where nothing is given, the usual one with `flags`.
  package init(line: String?, flags: [String]) {
    self.init(nil, flags: flags)
    let words = (line ?? "").split(separator: " ").map { String($0) }
    guard let first = words.first else { return }
    command = [first]
    self.flags = Array(words.dropFirst())
  }

  /// As people would type it.
  package var text: String { (command + flags).joined(separator: " ") }

  /// Whether the compiler can be started at all.
  package var isAvailable: Bool {
    (try? ChildProcess(command[0], command.dropFirst() + ["--version"]).run().succeeded) ?? false
  }

  /// Compiles, links and loads into this process.
  package func load(_ sources: SourceSet) throws(Diagnostic) -> SharedObject {
    let folder = try build(sources, ["-shared", "-fPIC"])
    return try withExtendedLifetime(folder) { () throws(Diagnostic) in try SharedObject(path: folder.path + "/a.out") }
  }

  /// Compiles and links a program with a `main`.
  package func executable(_ sources: SourceSet) throws(Diagnostic) -> Executable {
    Executable(folder: try build(sources, []), launcher: launcher)
  }

  /// The assembler is told of the folder too, for the data that it takes in.
  private func build(_ sources: SourceSet, _ mode: [String]) throws(Diagnostic) -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for file in sources.files { try folder.write(file) }
    let units = sources.units.map { "\(folder.path)/\($0.name)" }
    let arguments = flags + mode + ["-I\(folder.path)", "-o", "\(folder.path)/a.out"] + units + ["-lm"]
    var process = ChildProcess(command[0], command.dropFirst() + arguments)
    process.environment = ["LC_ALL": "C"]
    process.timeout = timeout
    let outcome = try start(process)
    guard outcome.succeeded else { throw failure(outcome, in: folder) }
    return folder
  }

  private func start(_ process: ChildProcess) throws(Diagnostic) -> ProcessOutcome {
    do throws(Diagnostic) {
      return try process.run()
    } catch {
      throw Diagnostic("C compiler: \(error.message)", hint: "install gcc or clang, or name a C compiler in the variable CC")
    }
  }

  /// Only the lines that state a problem: the others quote the source.
  private func failure(_ outcome: ProcessOutcome, in folder: TemporaryFolder) -> Diagnostic {
    if outcome.ending == .timedOut { return Diagnostic("\(command[0]) was stopped after \(timeout)", hint: "lower its optimisation level") }
    let lines = outcome.standardError.replacing(folder.path + "/", with: "").split(separator: "\n")
    let problems = lines.filter { line in ["error:", "warning:", "undefined "].contains { line.contains($0) } }
    return Diagnostic("\(command[0]): \((problems.isEmpty ? lines : problems).joined(separator: "; "))", hint: defectHint)
  }
}

/// A compiled program, deleted with its last reference.
package struct Executable: Sendable {
  /// Holds the program; a place for its input and output files too.
  package let folder: TemporaryFolder
  fileprivate let launcher: [String]

  package func run(
    _ arguments: [String] = [], environment: [String: String] = [:], timeout: Duration = .seconds(60)
  ) throws(Diagnostic) -> ProcessOutcome {
    let words = launcher + [folder.path + "/a.out"] + arguments
    var process = ChildProcess(words[0], Array(words.dropFirst()))
    process.environment = environment
    process.timeout = timeout
    return try process.run()
  }
}
