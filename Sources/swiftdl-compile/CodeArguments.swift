import ArgumentParser
import SwiftDL

extension CompileOptions.Weights: ExpressibleByArgument {}
extension CompileOptions.Numerics: ExpressibleByArgument {}
extension CompileOptions.Precision: ExpressibleByArgument {}
extension CompileOptions.Schedule: ExpressibleByArgument {}
extension CompileOptions.Threads: ExpressibleByArgument {}

/// What decides how the C looks.
struct CodeArguments: ParsableArguments {
  @Option(help: "The machine: \(Compilation.targets.joined(separator: ", ")).")
  var target = "generic"

  @Option(help: "fast: sums may be contracted and split over lanes; strict: the same bits from every C compiler.")
  var numerics = CompileOptions.Numerics.fast

  @Option(
    help: """
      bf16: weights are kept as bfloat16 where layers wait for them, and products are of bfloat16 where the target sums such faster than \
      those of floats; f32: all as the model has it.
      """)
  var precision = CompileOptions.Precision.float32

  @Option(help: "auto: tiled, unrolled and vectorised; none: loops as the operators write them.")
  var schedule = CompileOptions.Schedule.automatic

  @Option(help: "openmp: with -fopenmp, threads share long loops; none: everything runs in the thread that calls.")
  var threads = CompileOptions.Threads.none

  @Option(
    help:
      "Where constant data goes: arrays in the C (inline), a file that the assembler takes in (incbin), or handed over at run time (bind).")
  var weights = CompileOptions.Weights.automatic

  @Option(help: "Schedules that were measured for this model and target: what tune wrote.", completion: .file(extensions: ["json"]))
  var tuned: String?

  @OptionGroup var pruning: PruningArguments

  func validate() throws {
    guard Compilation.targets.contains(target) else {
      throw ValidationError("there is no target \"\(target)\"; there are \(Compilation.targets.joined(separator: ", "))")
    }
  }

  func options(name: String) throws -> CompileOptions {
    var options = CompileOptions(name: name)
    options.target = target
    options.numerics = numerics
    options.precision = precision
    options.schedule = schedule
    options.threads = threads
    options.weights = weights
    options.tuning = try tuned.map { try Tuning(contentsOf: $0) }
    options.pruning = pruning.value
    return options
  }
}
