import Foundation
import GraphIR
import LoopIR
import Operators
import Tensors
import Testing
import Validation

@testable import SwiftDL

/// Kernels for zeros on integers give the same bits everywhere: interpreter, libtcc, and every compiler and machine.
@Suite(.serialized) struct SparseIntegerTests {
  /// A convolution of few weights, and products of many, with codes between them.
  private func graph() throws -> Graph {
    var graph = Graph(name: "net")
    var generator = SeededGenerator(11)
    func weights(_ name: String, _ dims: [Int], density: Double) -> ValueID {
      let values = (0..<dims.reduce(1, *)).map { _ in
        Double.random(in: 0..<1, using: &generator) < density ? Int64.random(in: -127...127, using: &generator) : 0
      }
      return graph.addConstant(name, Tensor(.int8, dims, integers: values))
    }
    func code(_ sum: ValueID) throws -> ValueID {
      let shifted = Expr.binary(.shiftRight, ElementwiseBody.input(0, .int32), .int(6, .int32)) + .constant(128, .int32)
      let clamped = Expr.cast(.uint8, minimum(maximum(shifted, .constant(0, .int32)), .constant(255, .int32)))
      return try graph.add(Map(ElementwiseBody(clamped), inputCount: 1), [sum])[0]
    }
    let x = graph.addInput("x", TensorType(.uint8, [1, 9, 8, 3]))
    let window = SlidingWindow(strides: [2, 1])
    let first = try graph.add(Convolution(window, widens: true), [x, weights("w1", [3, 3, 3, 20], density: 0.3)])[0]
    let flat = try graph.add(Reshape(exactly: [1, 480]), [code(first)])[0]
    let second = try graph.add(MatMul(widens: true), [flat, weights("w2", [480, 75], density: 0.15)])[0]
    let third = try graph.add(MatMul(widens: true), [code(second), weights("w3", [75, 9], density: 0.1)])[0]
    graph.addOutput("y", third)
    return graph
  }

  private func input(_ seed: UInt64) -> Tensor {
    var generator = SeededGenerator(seed)
    return Tensor(.uint8, [1, 9, 8, 3], integers: (0..<216).map { _ in Int64.random(in: 0...255, using: &generator) })
  }

  private func options(_ target: String) -> CompileOptions {
    var options = CompileOptions(name: "net")
    options.target = target
    options.harness = true
    return options
  }

  @Test(arguments: ["generic", "x86-64-v3", "x86-64-v4", "aarch64-neon"]) func kernelsForZerosAreTaken(target: String) throws {
    let names = try Compilation.stages(graph(), options(target)).0.nodes.map(\.op.name)
    let expected: Set = target == "generic" ? ["sparse_rows", "literal_product"] : target == "aarch64-neon" ? [] : ["sparse_dots"]
    #expect(expected.isSubset(of: names), "\(names)")
  }

  @Test(arguments: ["generic", "x86-64-v3", "aarch64-neon"]) func libtccComputesTheSame(target: String) throws {
    let source = try graph()
    let (_, program) = try Compilation.stages(source, options(target))
    let runner = try CompiledProgram(program, options(target), .tcc).runner
    for seed in UInt64(0)..<3 { #expect(try runner.run(program, [input(seed)]) == Interpreter(source).outputs([input(seed)])) }
  }

  @Test(arguments: [
    CompilerMatrixTests.Build(compiler: "gcc", flags: ["-O0"], target: "generic"),
    CompilerMatrixTests.Build(compiler: "gcc", flags: ["-O1"] + CompilerMatrixTests.sanitizers, target: "x86-64-v3"),
    CompilerMatrixTests.Build(compiler: "gcc", flags: ["-O3", "-march=native"], target: "native"),
    CompilerMatrixTests.Build(compiler: "clang-14", flags: ["-O2"], target: "native"),
    CompilerMatrixTests.Build(compiler: "clang-14", flags: ["-O2"], target: "x86-64-v3"),
    CompilerMatrixTests.Build(compiler: "aarch64-linux-gnu-gcc", flags: ["-O2", "-static"], target: "generic", emulator: ["qemu-aarch64"]),
    CompilerMatrixTests.Build(
      compiler: "aarch64-linux-gnu-gcc", flags: ["-O2", "-static"], target: "aarch64-neon", emulator: ["qemu-aarch64"]),
  ]) func compilersComputeTheSame(build: CompilerMatrixTests.Build) throws {
    var compiler = SystemCompiler(build.compiler, flags: CompilerMatrixTests.warnings + build.flags)
    compiler.launcher = build.emulator
    guard compiler.isAvailable else { return withKnownIssue("\(build.compiler) is not installed") { Issue.record("missing") } }
    let source = try graph()
    let (_, program) = try Compilation.stages(source, options(build.target))
    var sources: SourceSet = [:]
    for file in try Compilation.emit(program, options(build.target), trace: false).files { sources.add(file.name, bytes: file.bytes) }
    let executable = try compiler.executable(sources)
    let folder = URL(fileURLWithPath: executable.folder.path)
    try Data(input(5).bytes).write(to: folder.appendingPathComponent("in"))
    let files = ["in", "out"].map { folder.appendingPathComponent($0).path }
    let outcome = try executable.run([files[0], "--out", files[1]], environment: ["ASAN_OPTIONS": "detect_leaks=0"])
    #expect(outcome.succeeded, "\(outcome.standardError)")
    let bytes = try [UInt8](Data(contentsOf: folder.appendingPathComponent("out0.bin")))
    #expect(try [Tensor(.int32, [1, 9], bytes: bytes)] == Interpreter(source).outputs([input(5)]))
  }
}
