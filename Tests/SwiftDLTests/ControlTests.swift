import CSource
import Foundation
import GraphIR
import LoopIR
import SwiftDL
import Tensors
import TestSupport
import Testing
import Validation

/// If and Loop in the C as shipped: silent under warnings, clean under sanitizers, right, and refused beyond their bounds.
@Suite struct ControlTests {
  static let graphs = [
    ControlGraph(bound: nil), ControlGraph(bound: 4), ControlGraph(collects: true, bound: 4),
    ControlGraph(isNested: true, collects: true, bound: 4),
  ]
  private let runs: [ControlGraph.Run] = [
    .init(4, limit: 1000), .init(4, limit: 9), .init(4, limit: -1), .init(0, limit: 1000), .init(3, false, limit: 1000),
    .init(-7, limit: 1), .init(3, limit: 1000), .init(5, limit: 1000), .init(9, limit: .nan),
  ]

  private func runners(_ program: Program, _ options: CompileOptions) throws -> [ModelRunner] {
    let generated = try Compilation.emit(program, options, trace: false)
    let signature = ModelSignature(program, prefix: generated.prefix)
    var sources: SourceSet = [:]
    for file in generated.files { sources.add(file.name, bytes: file.bytes) }
    sources.add("call.c", signature.trampoline)
    let warnings = CompilerMatrixTests.warnings.filter { $0 != "-Wmissing-prototypes" }
    let checks = ["-O1", "-fsanitize=undefined,float-divide-by-zero", "-fno-sanitize-recover=all"]
    return [try CompiledProgram(program, options, .tcc).runner]
      + (try [checks, ["-O3"]].map { try ModelRunner(SystemCompiler("gcc", flags: warnings + $0).load(sources), signature) })
  }

  /// Where the reference refuses a run, the C does.
  @Test(arguments: graphs, ["generic", "x86-64-v3"]) func theCIsLegalAndRight(control: ControlGraph, target: String) throws {
    var options = CompileOptions(name: "net")
    options.target = target
    let graph = try control.graph()
    let (_, program) = try Compilation.stages(graph, options)
    for runner in try runners(program, options) {
      for run in runs {
        if let expected = try? Interpreter(graph).outputs(run.inputs) {
          #expect(expected == control.meaning(run))
          #expect(try runner.run(program, run.inputs) == expected, "\(control), \(run)")
        } else {
          #expect(throws: Diagnostic.self, "\(control), \(run)") { try runner.run(program, run.inputs) }
          #expect(runner.status == 2)
        }
      }
    }
  }

  /// The address sanitizer needs a program of its own.
  @Test(arguments: graphs) func theHarnessIsCleanUnderSanitizers(control: ControlGraph) throws {
    var options = CompileOptions(name: "net")
    options.harness = true
    let run = ControlGraph.Run(4, limit: 1000)
    let (graph, program) = try Compilation.stages(try control.graph(), options)
    var sources: SourceSet = [:]
    for file in try Compilation.emit(program, options, trace: false).files { sources.add(file.name, bytes: file.bytes) }
    let compiler = SystemCompiler("gcc", flags: CompilerMatrixTests.warnings + CompilerMatrixTests.sanitizers)
    let executable = try compiler.executable(sources)
    let folder = URL(fileURLWithPath: executable.folder.path)
    for (position, input) in run.inputs.enumerated() { try Data(input.bytes).write(to: folder.appendingPathComponent("in\(position)")) }
    let files = run.inputs.indices.map { folder.appendingPathComponent("in\($0)").path }
    let outcome = try executable.run(
      files + ["--out", folder.appendingPathComponent("out").path], environment: ["ASAN_OPTIONS": "detect_leaks=0"])
    #expect(outcome.succeeded, "\(outcome.standardError)")
    for (position, expected) in try Interpreter(graph).outputs(run.inputs).enumerated() {
      #expect(try Data(contentsOf: folder.appendingPathComponent("out\(position).bin")) == Data(expected.bytes))
    }
  }
}
