import ArgumentParser
import SwiftDL

/// What is taken out of the model before it is compiled.
struct PruningArguments: ParsableArguments {
  @Option(
    name: .customLong("prune"),
    help: ArgumentHelp(
      "Zero small weights, or remove channels: magnitude:0.8, nm:2:4, block:4x16:0.8, channels:0.5, none; RULE@NAME for some layers.",
      discussion: "The last rule that names a layer counts; * in NAME stands for any characters.", valueName: "rule"))
  var rules: [String] = []

  @Option(
    help: ArgumentHelp(
      "With --prune: weights that are left are changed so that layers give nearly what they gave before on this data.",
      discussion: "A .npz, .npy, .safetensors or raw file or a folder of inputs; tests: the model's own test vectors.", valueName: "file"),
    completion: .file())
  var pruneData: String?

  func validate() throws {
    guard pruneData == nil || !rules.isEmpty else { throw ValidationError("--prune-data is for --prune") }
    do { _ = try Pruning(rules) } catch {
      throw ValidationError(error.problems.map { "--prune: \($0.message); \($0.hint ?? "")" }.joined(separator: "\n"))
    }
  }

  /// Rules have been validated.
  var value: Pruning { (try? Pruning(rules)) ?? .none }

  /// With weights that fit the data, where there is some.
  func value(for model: Model, _ progress: ProgressLine) throws -> Pruning {
    guard let pruneData else { return value }
    let options = CalibrationOptions(.init(argument: pruneData))
    let fitted = try model.fit(value, to: options) { progress.show($0.activity, $0.fraction) }
    progress.finish()
    return fitted
  }
}

extension Compilation {
  /// Something was pruned, or training left zeros that a kernel makes use of.
  var usesZeros: Bool { sparsity.contains { $0.isSparse || $0.denseMACs != $0.macs || 2 * $0.zeros > $0.weights } }

}

extension [Compilation.Sparsity] {
  /// For people: each layer with weights, and the whole.
  var text: String {
    let rows = map { layer in
      row(layer.name, layer.weights, layer.zeros, layer.kernel, layer.denseBytes, layer.bytes, layer.denseMACs, layer.macs)
        + [layer.reason]
    }
    func sum(_ number: (Compilation.Sparsity) -> Int) -> Int { reduce(0) { $0 + number($1) } }
    let total =
      row(
        "total", sum(\.weights), sum(\.zeros), "", sum(\.denseBytes), sum(\.bytes), sum(\.denseMACs), sum(\.macs)) + [""]
    return table(["layer", "weights", "zeros", "kernel", "bytes", "now", "MACs", "now", ""], rows + [total], leftAligned: [0, 3, 8])
  }

  private func row(
    _ name: String, _ weights: Int, _ zeros: Int, _ kernel: String, _ denseBytes: Int, _ nowBytes: Int, _ denseMACs: Int, _ macs: Int
  ) -> [String] {
    let share = weights == 0 ? 0 : zeros * 1000 / weights
    return [
      name, short(weights), "\(share / 10).\(share % 10) %", kernel, bytes(denseBytes), bytes(nowBytes), short(denseMACs), short(macs),
    ]
  }
}
