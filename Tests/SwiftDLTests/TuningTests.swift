import Foundation
import LoopIR
import Lowering
import Passes
import Schedules
import SwiftDL
import Targets
import Tensors
import Testing
import Validation

/// Schedules that were measured: found, written, read and taken.
@Suite struct TuningTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("swiftdl-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  private static let model = "tfjs/cnn/model.json"

  private static func options(_ target: String) -> CompileOptions {
    var options = CompileOptions(name: "net")
    options.target = target
    return options
  }

  /// Any candidate for each nest of a model.
  private static func anyTuning(_ model: Model, _ target: Target, seed: UInt64) throws -> Tuning {
    let program = try Lowering { $0 }.lower(Compilation.optimised(model.source.graph, options(target.name)), name: "net")
    var generator = SeededGenerator(seed)
    var tuning = Tuning(target: target.name, compiler: "cc -O3", entries: [])
    for kernel in program.kernels {
      for root in schedulableLoops(kernel, for: target) {
        let candidate = candidates(kernel, at: root, for: target).randomElement(using: &generator)
        let times = candidate.map { _ in Tuning.Times(defaultNanoseconds: 1234.5, nanoseconds: 1000) }
        tuning.entries.append(
          Tuning.Entry(
            kernel: fingerprint(kernel), loop: root, name: kernel.name, choice: candidate?.choice ?? ScheduleChoice(), times: times))
      }
    }
    return tuning
  }

  @Test(arguments: [Target.generic, .x86v3, .x86v4], 0..<3) func tunedCodeComputesTheSame(target: Target, seed: Int) throws {
    let model = try Model(contentsOf: Fixtures.path(Self.model))
    let tuning = try Self.anyTuning(model, target, seed: UInt64(seed))
    var options = Self.options(target.name)
    options.tuning = tuning
    let compilation = try Compilation(model, options)
    #expect(compilation.warnings.isEmpty)
    #expect(try compilation.files != Compilation(model, Self.options(target.name)).files)
    let report = try model.check(CheckOptions(options))
    #expect(report.firstDivergence == nil, "\(report.firstDivergence?.name ?? "") with \(tuning.json)")
  }

  @Test func measurementsSurviveTheFile() throws {
    var tuning = try Self.anyTuning(Model(contentsOf: Fixtures.path(Self.model)), .x86v4, seed: 7)
    tuning.entries.append(
      Tuning.Entry(
        kernel: "0123456789abcdef", loop: "i", name: "k",
        choice: ScheduleChoice(strategy: "window", columns: 2, rows: 7, blocks: 4, chains: 2, prefetches: true), times: nil))
    tuning.layers = [
      Tuning.Layer(name: "conv \"1\"", algorithm: .winograd2, times: Tuning.Times(defaultNanoseconds: 2, nanoseconds: 1))
    ]
    try tuning.json.write(toFile: path("tune.json"), atomically: true, encoding: .utf8)
    var read = try Tuning(contentsOf: path("tune.json"))
    #expect(read.path == path("tune.json"))
    read.path = nil
    #expect(read == tuning)
    #expect(read.json == tuning.json)
  }

  private static let entry = #""kernel": "0123456789abcdef", "loop": "i", "name": "k""#
  private static let damaged: [(String, String)] = [
    ("", "expected"), (layers(#"{"name": "c", "algorithm": "fast", "ns": 1, "default_ns": 2}"#), "one of direct"),
    (layers(#"{"name": "c", "algorithm": "direct", "ns": 1}"#), "default_ns"), (layers("3"), "object"),
    ("[1]", "object"), (#"{"version": 2}"#, "this is version 2, expected 1"), (#"{"version": "1"}"#, "integer"),
    (#"{"version": 1, "target": "generic", "compiler": "cc", "kernels": 3}"#, "array"),
    (#"{"version": 1, "target": 5, "compiler": "cc", "kernels": []}"#, "string"),
    (#"{"version": 1, "target": "generic", "compiler": "cc", "kernels": [], "more": 1}"#, "more"),
    (kernels("{\(entry)}"), "choice"), (kernels(#"{"kernel": "xyz", "choice": {}}"#), "hexadecimal"),
    (kernels(#"{\#(entry), "choice": {"columns": 0}}"#), "from 1 to 64"),
    (kernels(#"{\#(entry), "choice": {"rows": 1e300}}"#), "integer"),
    (kernels(#"{\#(entry), "choice": {"blocks": -9223372036854775808}}"#), "from 1"),
    (kernels(#"{\#(entry), "choice": {"strategy": "magic"}}"#), "one of contraction"),
    (kernels(#"{\#(entry), "choice": {"prefetches": 1}}"#), "true or false"),
    (kernels(#"{\#(entry), "choice": {"lanes": 4}}"#), "lanes"),
    (kernels(#"{\#(entry), "choice": {}, "ns": -1, "default_ns": 2}"#), "nanoseconds"),
    (kernels(#"{\#(entry), "choice": {}, "ns": 1}"#), "default_ns"),
    (kernels("{\(entry), \"choice\": {}}, {\(entry), \"choice\": {}}"), "another has"),
  ]

  private static func layers(_ list: String) -> String {
    #"{"version": 1, "target": "generic", "compiler": "cc", "layers": [\#(list)], "kernels": []}"#
  }

  private static func kernels(_ list: String) -> String { #"{"version": 1, "target": "generic", "compiler": "cc", "kernels": [\#(list)]}"# }

  @Test(arguments: damaged.indices) func damagedFilesAreRefused(position: Int) throws {
    let (text, words) = Self.damaged[position]
    try text.write(toFile: path("tune.json"), atomically: true, encoding: .utf8)
    let error = try #require(throws: CompilerError.self) { try Tuning(contentsOf: path("tune.json")) }
    #expect(error.description.contains("tune.json") && error.description.contains(words), "\(error)")
  }

  @Test func measurementsOfSomethingElseAreRefusedOrReported() throws {
    let model = try Model(contentsOf: Fixtures.path(Self.model))
    var options = Self.options("x86-64-v4")
    let tuning = try Self.anyTuning(model, .x86v3, seed: 1)
    options.tuning = tuning
    var error = try #require(throws: CompilerError.self) { try Compilation(model, options) }
    #expect(error.description.contains("measured for x86-64-v3, but the C is for x86-64-v4"), "\(error)")
    options.target = "x86-64-v3"
    options.tuning?.entries = [
      Tuning.Entry(kernel: "0123456789abcdef", loop: "i", name: "k", choice: ScheduleChoice(rows: 2), times: nil)
    ]
    error = try #require(throws: CompilerError.self) { try Compilation(model, options) }
    #expect(error.description.contains("none of the 1 kernels"), "\(error)")
    options.tuning?.entries += tuning.entries.dropFirst()
    let warnings = try Compilation(model, options).warnings.map(\.description).joined()
    #expect(warnings.contains("1 of ") && warnings.contains("were not measured") && warnings.contains("warning"), "\(warnings)")
    options.schedule = .none
    #expect(throws: CompilerError.self) { try Compilation(model, options) }
  }

  /// Times of the cost model's choice, of direct sums and of both of Winograd's algorithms.
  @Test(arguments: [
    ([100, 80, 120, 130], ["winograd", "convolution", "winograd", "winograd"], ConvolutionAlgorithm.direct),
    ([100, 100, 96, 90], ["convolution", "convolution+add", "winograd", "winograd"], .winograd4),
    ([100, 99, 96, 98], ["winograd", "convolution", "winograd", "winograd"], nil),
    ([100, 99, 50, 98], ["convolution", "convolution", "convolution", "convolution"], nil),
    ([100, 20, 50, 98], ["winograd", "cascade", "winograd", "winograd"], nil),
  ])
  func algorithmsThatWinClearlyAreTaken(times: [Double], operations: [String], expected: ConvolutionAlgorithm?) {
    let layers = operations.map { [("a", $0), ("a.padded", "pad"), ("b", "softmax")] }
    let found = AlgorithmTuning.choices(layers, times.map { [$0 - 10, 10, 5] })
    #expect(found.map(\.algorithm) == [expected].compactMap { $0 } && found.allSatisfy { $0.name == "a" })
    #expect(AlgorithmTuning.choices(layers.map { [$0[0]] }.dropLast() + [[("c", "winograd")]], times.map { [$0] }).isEmpty)
  }

  @Test func tuneMeasuresAndCompileTakesIt() throws {
    let tune = try ChildProcess(
      Products.command, ["tune", Fixtures.path("tfjs/mlp/model.json"), "-o", path("tune.json"), "--target", "native", "--cc", "cc -O1"]
    ).run()
    #expect(tune.succeeded && tune.standardOutput.contains("loop nests changed"), "\(tune)")
    let compile = try ChildProcess(
      Products.command,
      [
        Fixtures.path("tfjs/mlp/model.json"), "-o", path("net.c"), "--target", "native", "--tuned", path("tune.json"), "--depfile",
        path("net.d"),
      ]
    ).run()
    #expect(compile.succeeded && compile.standardError.isEmpty, "\(compile)")
    #expect(try String(contentsOfFile: path("net.d"), encoding: .utf8).contains("tune.json"))
    let wrong = try ChildProcess(Products.command, ["tune", path("none.json"), "-o", path("a.json"), "--schedule", "none"]).run()
    #expect(wrong.ending == .exited(64))
    let missing = try ChildProcess(Products.command, [Fixtures.path(Self.model), "-o", path("b.c"), "--tuned", path("none.json")]).run()
    #expect(missing.ending == .exited(1) && missing.standardError.contains("none.json"), "\(missing)")
  }
}
