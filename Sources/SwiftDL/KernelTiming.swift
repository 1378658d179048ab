import CSource
import Containers
import LoopIR
import Targets
import Tensors
import Validation

/// A program of this machine that times kernels which compute the same.
struct KernelTiming {
  private let program: Executable
  private let count: Int

  init(_ printer: TimingPrinter, _ options: SourceOptions, _ compiler: SystemCompiler) throws(Diagnostic) {
    program = try compiler.executable(["tune.c": printer.text(options)])
    count = printer.kernels.count
  }

  /// The least time of one call of each in nanoseconds.
  func times() throws(Diagnostic) -> [Double] {
    let outcome = try program.run(timeout: .seconds(600))
    guard outcome.succeeded else {
      throw Diagnostic(
        "the program that times a kernel ended with \(outcome.ending): \(outcome.standardError)",
        hint: "choose a target that this machine can run")
    }
    let times = try JSONValue(parsing: outcome.standardOutput).doubles("ns")
    guard times.count == count else { throw Diagnostic("\(times.count) times of \(count) kernels", hint: defectHint) }
    return times
  }
}
