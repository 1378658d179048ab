import Foundation
import Testing
import Validation

/// `--prune` as users meet it.
@Suite struct PruningCommandTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("swiftdl-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// Three products, 40 to 64 to 48 to 10, of weights that are as good as random.
  private func model() throws -> String {
    func dense(_ name: String, _ x: String, _ inputs: Int, _ outputs: Int) -> (String, String) {
      let values = (0..<inputs * outputs).map { "\(Double(($0 * 7919 + 13) % 1009) / 1009 - 0.5)" }.joined(separator: ", ")
      return (
        #""\#(name)/kernel": {"shape": [\#(inputs), \#(outputs)], "data": [\#(values)]}"#,
        #"{"op": "matmul", "inputs": ["\#(x)", "\#(name)/kernel"], "outputs": ["\#(name)"]}"#
      )
    }
    let layers = [dense("a", "x", 40, 64), dense("b", "a", 64, 48), dense("c", "b", 48, 10)]
    let text = #"""
      {"format": "swiftdl", "version": 1, "inputs": [{"name": "x", "dtype": "float32", "shape": [1, 40]}], "outputs": ["c"],
       "tensors": {\#(layers.map(\.0).joined(separator: ", "))}, "nodes": [\#(layers.map(\.1).joined(separator: ", "))]}
      """#
    let path = folder.appendingPathComponent("net.json").path
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  private func run(_ arguments: String...) throws -> ProcessOutcome {
    var command = ChildProcess(Products.command, arguments)
    command.timeout = .seconds(120)
    return try command.run()
  }

  private func compile(_ arguments: String...) throws -> ProcessOutcome { try compile(arguments) }

  private func compile(_ arguments: [String]) throws -> ProcessOutcome {
    try ChildProcess(Products.command, [try model(), "-o", folder.appendingPathComponent("net.c").path] + arguments).run()
  }

  private var hasOutput: Bool { FileManager.default.fileExists(atPath: folder.appendingPathComponent("net.c").path) }

  @Test func aTableTellsWhatBecameOfEachLayer() throws {
    let outcome = try compile("--target", "x86-64-v4", "--prune", "magnitude:0.8@*", "--prune", "none@c")
    #expect(outcome.succeeded && hasOutput, "\(outcome.standardError)")
    let lines = outcome.standardOutput.split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("a ") && $0.contains("80.0 %") && $0.contains("sparse_product") })
    #expect(lines.contains { $0.hasPrefix("c ") && $0.contains(" 0.0 %") && $0.contains("matmul") })
  }

  @Test func zerosAreUsedWithoutBeingAskedFor() throws {
    #expect(try compile("--target", "x86-64-v4").standardOutput.isEmpty)
    let text = try String(contentsOfFile: try model(), encoding: .utf8).replacing(/-?0\.[0-3][0-9]+/, with: "0")
    try Data(text.utf8).write(to: folder.appendingPathComponent("zeros.json"))
    let outcome = try run("inspect", folder.appendingPathComponent("zeros.json").path, "--target", "x86-64-v4")
    #expect(outcome.succeeded && outcome.standardOutput.contains("sparse_product"), "\(outcome.standardError)")
  }

  @Test(arguments: ["magnitude:0.8", "nm:1:4", "block:8x16:0.6", "channels:0.5", "magnitude:0"], ["x86-64-v4", "x86-64-v3", "generic"])
  func whatIsPrunedComputesWhatItSays(rule: String, target: String) throws {
    let outcome = try run("check", try model(), "--prune", rule, "--target", target)
    #expect(outcome.succeeded && outcome.standardOutput.contains("agree"), "\(outcome.standardOutput)\(outcome.standardError)")
  }

  @Test func theReportTellsWhichKernelEachLayerGotAndWhy() throws {
    let path = folder.appendingPathComponent("report.json").path
    let outcome = try compile("--target", "generic", "--prune", "magnitude:0.8@*", "--prune", "none@c", "--report", path)
    #expect(outcome.succeeded, "\(outcome.standardError)")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    for part in ["sparse_rows", "of the bytes", "less than half are zero", "dense_macs"] { #expect(text.contains(part), "\(text)") }
    #expect(try compile("--report", path).ending == .exited(64))
  }

  @Test(arguments: ["x86-64-v4", "x86-64-v3", "generic", "aarch64-neon"]) func integersKeepTheZeros(target: String) throws {
    let arguments = ["--target", target, "--prune", "magnitude:0.9@*", "--quantize", "int8", "--calibrate", "random"]
    let outcome = try compile(arguments + ["--report", folder.appendingPathComponent("report.json").path])
    #expect(outcome.succeeded && outcome.standardOutput.contains("9") && hasOutput, "\(outcome.standardError)")
    let kernel = target.hasPrefix("x86") ? "sparse_dots" : target == "generic" ? "literal_product" : "matmul"
    #expect(outcome.standardOutput.contains(kernel), "\(outcome.standardOutput)")
    let check = try ChildProcess(Products.command, ["check", try model()] + arguments).run()
    #expect(check.succeeded && check.standardOutput.contains("agree"), "\(check.standardOutput)\(check.standardError)")
  }

  @Test func weightsAreFittedToData() throws {
    let rules = ["--prune", "magnitude:0.7@*", "--prune", "channels:0.5@a", "--prune-data", "random"]
    let outcome = try compile(["--target", "x86-64-v4"] + rules)
    #expect(outcome.succeeded && outcome.standardOutput.contains("69.9 %"), "\(outcome.standardOutput)\(outcome.standardError)")
    let check = try ChildProcess(Products.command, ["check", try model()] + rules).run()
    #expect(check.succeeded, "\(check.standardOutput)\(check.standardError)")
    #expect(try compile(["--prune-data", "random"]).ending == .exited(64))
    #expect(try compile(["--prune", "nm:1:2", "--prune-data", "missing.npz"]).ending == .exited(1))
  }

  @Test(arguments: [
    "magnitude:1", "magnitude:2", "magnitude:nan", "channels:inf", "magnitude:", "nm:2", "nm:4:2", "block:0x1:0.5", "prune", "channels:-1",
  ])
  func impossibleRulesAreWrongUsage(rule: String) throws {
    let outcome = try compile("--prune", rule)
    #expect(outcome.ending == .exited(64) && outcome.standardError.contains("--prune"), "\(outcome.standardError)")
    #expect(!hasOutput)
  }

  @Test(arguments: [
    ("magnitude:0.5@z", "the layers with weights are a, b, c"), ("channels:0.5@c", "output c"), ("channels:0.99", "nothing would be left"),
    ("block:1000x1000:0.9", "nothing would be left"), ("magnitude:0.99999@*", "nothing would be left"),
  ])
  func whatTheModelDoesNotAllowIsSaid(rule: String, reason: String) throws {
    let outcome = try compile("--prune", rule)
    #expect(outcome.ending == .exited(1) && outcome.standardError.contains(reason), "\(outcome.standardError)")
    #expect(!hasOutput)
  }
}
