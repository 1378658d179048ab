import Containers
import Runtime
import Targets
import Tensors
import Validation

extension MachineLimits {
  /// Measured with the instructions that code for the target uses, or that the compiler uses by itself where the target has no vectors.
  init(target name: String, _ compiler: SystemCompiler, peak: Double?) throws(Diagnostic) {
    let target = try Target.named(name)
    let lanes = target.lanes > 1 ? ["#define LANES \(target.lanes)"] : []
    let text = (lanes + target.preamble + [Runtime.peak] + target.postamble).joined(separator: "\n") + "\n"
    var contracting = compiler
    contracting.flags += ["-O3", "-ffp-contract=fast"]
    let outcome = try contracting.executable(["peak.c": text]).run()
    guard outcome.succeeded else {
      throw Diagnostic(
        "the program that measures this machine ended with \(outcome.ending)", hint: "choose a target that this machine can run")
    }
    let limits = try JSONValue(parsing: outcome.standardOutput)
    let measured = try limits.double("gflops") * 1e9
    operationsPerSecond = peak ?? measured
    bytesPerSecond = try limits.double("gbps") * 1e9
  }
}
