import ArgumentParser
import SwiftDL

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show a model: inputs, layers, parameters, operations, memory; with --profile, time.",
    discussion: """
      --profile compiles the C with the system's compiler and runs it on random inputs: for each layer the time of one run, its share, \
      the operations a second as the definition counts them (Winograd does with fewer), their share of what one core can do, and for \
      layers bound by memory the bytes a second and their share of what memory gives, which data in caches exceed. The limits are measured.

        swiftdl-compile inspect model.onnx --target native --profile --cc 'gcc -O3'
      """)

  @OptionGroup var model: ModelArguments
  @OptionGroup var code: CodeArguments

  @Flag(help: "Print the graph as it was read, before any pass.")
  var graph = false

  @Flag(help: "Run the C and show where the time goes.")
  var profile = false

  @Option(help: "With --profile: the C compiler and its flags. Default: what CC says, or cc, with -O3.")
  var cc: String?

  @Option(name: .customLong("repeat"), help: "With --profile: how many runs are timed. Default: as many as fit into two seconds.")
  var runs: Int?

  @Option(help: "With --profile: GFLOP/s that one core can do at most, instead of what is measured.")
  var peak: Double?

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    guard profile || (cc == nil && runs == nil && peak == nil) else {
      throw ValidationError("--cc, --repeat and --peak are for --profile")
    }
    guard !graph || (!profile && !json) else { throw ValidationError("--graph prints the graph alone: leave out --profile and --json") }
    guard (1...1_000_000).contains(runs ?? 1) else { throw ValidationError("--repeat must lie between 1 and 1000000") }
    guard let peak else { return }
    guard peak.isFinite, peak > 0 else { throw ValidationError("--peak must be positive") }
  }

  func run() throws {
    try reportingProblems {
      let loaded = try model.load()
      if graph { return print(loaded.text) }
      if profile { return show(try measure(loaded)) }
      let compilation = try Compilation(loaded, code.options(name: "model"))
      Terminal.show(compilation.warnings)
      if json { print(compilation.manifest, terminator: "") } else { show(loaded, compilation) }
    }
  }

  private func show(_ loaded: Model, _ compilation: Compilation) {
    print("\(loaded.path): \(loaded.format)")
    for port in compilation.inputs { print("  input  \(port.name): \(port.type)") }
    for port in compilation.outputs { print("  output \(port.name): \(port.type)") }
    let rows = compilation.layers.map { [$0.name, $0.operation, $0.resultType, short($0.macs), bytes($0.bytes)] }
    print("\n" + table(["layer", "operator", "result", "MACs", "moved"], rows, leftAligned: [0, 1, 2]))
    if compilation.usesZeros { print("\n" + compilation.sparsity.text) }
    let excess = compilation.arenaBytes - compilation.arenaLowerBound
    let share = compilation.arenaLowerBound == 0 ? 0 : excess * 1000 / compilation.arenaLowerBound
    print(
      """

      parameters  \(short(loaded.parameterCount)) (\(bytes(compilation.weightsBytes)) of constant data)
      MACs        \(short(compilation.macs))
      arena       \(bytes(compilation.arenaBytes)); lower bound \(bytes(compilation.arenaLowerBound)) (+\(share / 10).\(share % 10) %)
      """)
  }

  private func measure(_ loaded: Model) throws -> Profile {
    let progress = ProgressLine()
    defer { progress.finish() }
    var options = try ProfileOptions(code.options(name: "model"))
    options.compiler = cc
    options.runs = runs
    options.peak = peak.map { $0 * 1e9 }
    return try loaded.profile(options) { progress.show($0.activity, $0.fraction) }
  }

  private func show(_ profile: Profile) { print(json ? profile.json : ProfileTable(profile).text, terminator: json ? "" : "\n") }
}
