import ArgumentParser
import Foundation
import SwiftDL

extension CheckOptions.Engine: ExpressibleByArgument {}

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Run the C and compare every layer with the reference interpreter.",
    discussion: """
      Compiles the C in memory, runs it on the model's own test vectors (if it has any) and on random and extreme inputs, and compares \
      the result of each layer with what the reference interpreter computes from the same inputs, and each output with a run of the \
      reference from the start. Exits with 2 if anything differs by more than the tolerance.
      """)

  @OptionGroup var model: ModelArguments
  @OptionGroup var code: CodeArguments
  @OptionGroup var quantisation: QuantisationArguments

  @Option(help: "tcc: libtcc, in memory; cc: the system's compiler (or CC) at -O3.")
  var jit = CheckOptions.Engine.tcc

  @Option(help: "Runs on random and extreme inputs.")
  var runs = 3

  @Option(help: "Where the random numbers start.")
  var seed: UInt64 = 1

  @Option(
    help: """
      The largest error allowed, as a share of the largest magnitude of a tensor. Default: 2e-5, 1e-4 with recurrent layers, more where \
      more than 335 products are summed.
      """)
  var tolerance: Double?

  @Option(help: "Test vectors beside the model's own: .safetensors or .npz with input:0, … and output:0, ….", completion: .file())
  var vectors: String?

  func run() throws {
    try reportingProblems {
      let progress = ProgressLine()
      defer { progress.finish() }
      let loaded = try model.load(withTestData: true)
      var options = try CheckOptions(code.options(name: "model"))
      try quantisation.complete(&options.compile, for: loaded, pruning: code.pruning, progress)
      options.engine = jit
      options.runs = runs
      options.seed = seed
      options.tolerance = tolerance
      options.vectors = vectors
      let report = try loaded.check(options) { progress.show($0.activity, $0.fraction) }
      progress.finish()
      show(report)
      if report.firstDivergence != nil { throw ExitCode.checkFailed }
    }
  }

  private func show(_ report: CheckReport) {
    let rows = report.layers.map { layer in
      [
        layer.passes ? "ok" : "DIFFERS", layer.name, layer.operation, scientific(layer.maxAbsoluteError),
        scientific(layer.maxRelativeError),
        layer.maxULP.map(String.init) ?? "–",
      ]
    }
    print(table(["", "layer", "operator", "max abs", "max rel", "ULP"], rows, leftAligned: [0, 1, 2]))
    let most = report.largestTolerance
    let sums = most > report.tolerance ? ", \(scientific(most)) for the longest sums of products" : ""
    print("\n\(report.runs) runs with \(report.engine), tolerance \(scientific(report.tolerance))\(sums)")
    guard let first = report.firstDivergence else { return print("all \(report.layers.count) rows agree") }
    print("first divergence: \(first.name) (\(first.operation)) with \(first.worstCase): \(first.worstElement)")
  }

  private func scientific(_ value: Double) -> String { value == 0 ? "0" : String(format: "%.1e", value) }
}
