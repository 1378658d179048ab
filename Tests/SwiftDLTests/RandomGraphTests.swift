import CSource
import Foundation
import GraphIR
import LoopIR
import Lowering
import Passes
import Schedules
import SwiftDL
import Targets
import Tensors
import TestSupport
import Testing
import Validation

/// Random graphs from end to end: the reference, the interpreter of the loop IR, libtcc and gcc must agree.
///
/// `SWIFTDL_RANDOM_GRAPHS` sets how many; a failure names its seed.
@Suite(.serialized) struct RandomGraphTests {
  static let count = ProcessInfo.processInfo.environment["SWIFTDL_RANDOM_GRAPHS"].flatMap { Int($0) } ?? 300
  static let batch = 50
  static let batches = Array(0..<max(1, count / batch))

  /// Every target on random networks of smooth functions, layer by layer, through the whole pipeline.
  @Test(arguments: batches) func everyTargetAgreesWithTheReference(part: Int) throws {
    for seed in UInt64(part * Self.batch)..<UInt64((part + 1) * Self.batch) {
      let random = RandomGraph(seed: seed, .smooth)
      var options = CompileOptions(name: "net")
      options.target = ["generic", "x86-64-v3", "x86-64-v4"][Int(seed % 3)]
      options.weights = seed % 2 == 0 ? .inline : .bind
      let (optimised, program) = try Compilation.stages(random.graph, options)
      let compiled = try CompiledProgram(program, options, .tcc)
      var checker = Checker(
        source: random.graph, optimised: optimised, program: program, runner: compiled.runner, tolerance: CheckTolerance(1e-4))
      try checker.run(CheckCase(name: "seed \(seed)", inputs: random.inputs))
      for row in checker.report where !row.passes {
        Issue.record("seed \(seed), \(options.target): \(row.name) (\(row.operation)): \(row.worstElement)\n\(optimised)")
      }
    }
  }

  /// Numbers that hurt, loops as written: the emitted C gives the very bits that the loop IR means, compiled by libtcc and by gcc.
  @Test(arguments: batches) func portableCIsTheLoopIRBitByBit(part: Int) throws {
    var sources: SourceSet = [:]
    var cases: [(seed: UInt64, inputs: [Tensor], expected: [Tensor], program: Program, signature: ModelSignature)] = []
    for seed in UInt64(part * Self.batch)..<UInt64((part + 1) * Self.batch) {
      let random = RandomGraph(seed: seed, .wild)
      var options = CompileOptions(name: "net\(seed)")
      options.schedule = .none
      options.numerics = .strict
      let (_, program) = try Compilation.stages(random.graph, options)
      let expected = try ProgramInterpreter(program).run(random.inputs)
      let tcc = try CompiledProgram(program, options, .tcc)
      let actual = try tcc.runner.run(program, random.inputs)
      #expect(zip(expected, actual).allSatisfy { Validation.Comparison($1, expected: $0).isExact }, "seed \(seed), libtcc\n\(random.graph)")

      let generated = try Compilation.emit(program, options, trace: false)
      var signature = ModelSignature(program, prefix: generated.prefix)
      signature.symbols = "call\(seed)"
      for file in generated.files { sources.add(file.name, bytes: file.bytes) }
      sources.add("call\(seed).c", signature.trampoline)
      cases.append((seed, random.inputs, expected, program, signature))
    }
    let module = try SystemCompiler("gcc", flags: ["-O1", "-std=c99", "-ffp-contract=off"]).load(sources)
    for (seed, inputs, expected, program, signature) in cases {
      let actual = try ModelRunner(module, signature).run(program, inputs)
      #expect(zip(expected, actual).allSatisfy { Validation.Comparison($1, expected: $0).isExact }, "seed \(seed), gcc")
    }
  }
}
