import ArgumentParser
import SwiftDL

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show a model: inputs, layers, parameters, operations, memory.")

  @OptionGroup var model: ModelArguments
  @OptionGroup var code: CodeArguments

  @Flag(help: "Print the graph as it was read, before any pass.")
  var graph = false

  func run() throws {
    try reportingProblems {
      let loaded = try model.load()
      if graph { return print(loaded.text) }
      show(loaded, try Compilation(loaded, code.options(name: "model")))
    }
  }

  private func show(_ loaded: Model, _ compilation: Compilation) {
    print("\(loaded.path): \(loaded.format)")
    for port in compilation.inputs { print("  input  \(port.name): \(port.type)") }
    for port in compilation.outputs { print("  output \(port.name): \(port.type)") }
    let rows = compilation.layers.map { [$0.name, $0.operation, $0.resultType, short($0.macs), bytes($0.bytes)] }
    print("\n" + table(["layer", "operator", "result", "MACs", "moved"], rows, leftAligned: [0, 1, 2]))
    let excess = compilation.arenaBytes - compilation.arenaLowerBound
    let share = compilation.arenaLowerBound == 0 ? 0 : excess * 1000 / compilation.arenaLowerBound
    print(
      """

      parameters  \(short(loaded.parameterCount)) (\(bytes(compilation.weightsBytes)) of constant data)
      MACs        \(short(compilation.macs))
      arena       \(bytes(compilation.arenaBytes)); lower bound \(bytes(compilation.arenaLowerBound)) (+\(share / 10).\(share % 10) %)
      """)
  }
}
