import CSource
import Foundation
import GraphIR
import LoopIR
import Operators
import SwiftDL
import Tensors
import Testing
import Validation

/// Extents that a run computes, in the C as shipped: handed back, checked against their range, and right.
@Suite struct ComputedDimTests {
  /// `[n, 3 + m]` elements that the input `shape` asks for, and how often each row of `x` goes into them.
  private func graph() throws -> Graph {
    var graph = Graph(name: "net")
    let shape = graph.addInput("shape", TensorType(.int64, [2]))
    let x = graph.addInput("x", TensorType(.float32, [.symbol("T"), 1]))
    graph.dims["T"] = 1...4
    let n = try graph.addComputedDim("n", range: 0...5, from: shape, element: 0)
    let m = try graph.addComputedDim("m */", range: 1...40, from: shape, element: 1)
    let early = graph.addConstant("three", Tensor(floats: [1, 2, 3], [1, 3]))
    let total = try graph.add(Reduce(.sum, axes: [0], keepDims: true), [x])[0]
    let parts = [try graph.add(Expand([n, 3]), [early])[0], try graph.add(Expand([n, m]), [total])[0]]
    let joined = try graph.add(Concatenate(axis: 1), parts)[0]
    graph.addOutput("joined", joined)
    graph.addOutput("softmax", try graph.add(Softmax(axis: 1), [joined])[0])
    graph.addOutput("sums", try graph.add(Reduce(.sum, axes: [0]), [joined])[0])
    return graph
  }

  private func inputs(_ n: Int64, _ m: Int64, rows: Int = 3) -> [Tensor] {
    [Tensor(.int64, [2], integers: [n, m]), Tensor(.float32, [rows, 1], integers: (0..<Int64(rows)).map { $0 + 1 })]
  }

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

  @Test(arguments: ["generic", "x86-64-v3"]) func theCHandsBackWhatItComputes(target: String) throws {
    var options = CompileOptions(name: "net")
    options.target = target
    let (graph, program) = try Compilation.stages(try graph(), options)
    for runner in try runners(program, options) {
      for (n, m) in [(0, 1), (5, 40), (3, 17)] as [(Int64, Int64)] {
        let expected = try Interpreter(graph).outputs(inputs(n, m))
        let actual = try runner.run(program, inputs(n, m), dims: ["T": 3])
        for (a, b) in zip(actual, expected) {
          #expect(a.type == b.type)
          #expect(Validation.Comparison(a, expected: b).maxAbsolute < 1e-4, "\(n), \(m)")
        }
      }
      for (n, m) in [(6, 1), (-1, 1), (2, 0), (2, 41), (.max, 1)] as [(Int64, Int64)] {
        #expect(throws: Diagnostic.self) { try runner.run(program, inputs(n, m), dims: ["T": 3]) }
        #expect(runner.status == 2)
      }
      #expect(throws: Diagnostic.self) { try runner.run(program, inputs(1, 1), dims: ["T": 5]) }
      #expect(runner.status == 1)
    }
  }

  /// Everything that takes positions and counts from data.
  private func picking() throws -> Graph {
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [4, 5]))
    let numbers = graph.addInput("numbers", TensorType(.int64, [2]))
    let element = ElementwiseBody.input(0, .float32)
    let isSet = Expr.cast(.int32, .compare(.notEqual, element, .constant(0, .float32)))
    let count = try graph.add(Reduce(.sum), [try graph.add(Map(ElementwiseBody(isSet), inputCount: 1), [x])[0]])[0]
    let n = try graph.addComputedDim("n", range: 0...20, from: count)
    graph.addOutput("places", try graph.add(NonZero(n), [x])[0])
    graph.addOutput("ramp", try graph.add(Iota(n, .float32), [])[0])
    let shape = try graph.add(ResolvedShape([4, 5]), [numbers])[0]
    let sides = try (0..<2).map { try graph.addComputedDim("side", range: 0...20, from: shape, element: $0) }
    let excess = try graph.addComputedDim("excess", range: 0...0, from: shape, element: 2)
    graph.addOutput("reshaped", try graph.add(Reshape(exactly: sides, verified: [excess]), [x])[0])
    let slice = try graph.add(ResolvedSlice([4, 5]), [numbers, graph.addConstant("ends", Tensor(.int64, [2], integers: [9, .min]))])[0]
    let rows = try graph.addComputedDim("rows", range: 0...4, from: slice, element: 4)
    graph.addOutput("excerpt", try graph.add(Excerpt([rows, 7], mode: .reflect), [x, numbers, numbers])[0])
    graph.addOutput("filled", try graph.add(Excerpt([3, 3]), [x, numbers])[0])
    graph.addOutput("prefix", try graph.add(Prefix([rows, 2]), [x])[0])
    return graph
  }

  @Test(arguments: ["generic", "x86-64-v3"]) func positionsAndCountsComeFromData(target: String) throws {
    var options = CompileOptions(name: "net")
    options.target = target
    let (graph, program) = try Compilation.stages(try picking(), options)
    for runner in try runners(program, options) {
      for (numbers, seed) in [([4, -1], 1), ([0, 5], 2), ([2, 10], 3), ([-1, 1], 4)] as [([Int64], UInt64)] {
        var generator = SeededGenerator(seed)
        let x = Tensor.random(.float32, [4, 5], .whole, using: &generator)
        let zeroed = Tensor(.float32, [4, 5], x.doubles.map { abs($0) < 4 ? 0 : $0 })
        let inputs = [zeroed, Tensor(.int64, [2], integers: numbers)]
        #expect(try runner.run(program, inputs) == Interpreter(graph).outputs(inputs), "\(numbers)")
      }
      let odd = [Tensor(floats: [Float](repeating: 1, count: 20), [4, 5]), Tensor(.int64, [2], integers: [3, 3])]
      #expect(throws: Diagnostic.self) { try runner.run(program, odd) }
    }
  }

  @Test func theHeaderTellsOfThem() throws {
    let (_, program) = try Compilation.stages(try graph(), CompileOptions(name: "net"))
    let header = try Compilation.emit(program, CompileOptions(name: "net"), trace: false).header
    for text in [
      "int32_t *m,", "int32_t *n);", "#define NET_M_MAX 40", "#define NET_N_MIN 0", "receives the extent \"n\"", "or 2, with outputs",
    ] {
      #expect(header.contains(text), "\(text)\n\(header)")
    }
    #expect(header.contains("#define NET_JOINED_SIZE 215"))
  }

  @Test func checksFollowTheExtents() throws {
    let options = CompileOptions(name: "net")
    let source = try graph()
    let (optimised, program) = try Compilation.stages(source, options)
    let runner = try CompiledProgram(program, options, .tcc).runner
    var checker = Checker(source: source, optimised: optimised, program: program, runner: runner, tolerance: CheckTolerance(1e-5))
    for (n, m) in [(2, 3), (0, 1), (9, 9), (5, 40)] as [(Int64, Int64)] { try checker.run(CheckCase(name: "\(n)", inputs: inputs(n, m))) }
    #expect(checker.report.allSatisfy(\.passes) && checker.report.count > 3)
  }

  @Test func theHarnessWritesTheElementsThatThereAre() throws {
    var options = CompileOptions(name: "net")
    options.harness = true
    let (graph, program) = try Compilation.stages(try graph(), options)
    var sources: SourceSet = [:]
    for file in try Compilation.emit(program, options, trace: false).files { sources.add(file.name, bytes: file.bytes) }
    let compiler = SystemCompiler("gcc", flags: CompilerMatrixTests.warnings + CompilerMatrixTests.sanitizers)
    let executable = try compiler.executable(sources)
    let folder = URL(fileURLWithPath: executable.folder.path)
    for n in [0, 4] as [Int64] {
      let given = inputs(n, 2)
      for (position, input) in given.enumerated() { try Data(input.bytes).write(to: folder.appendingPathComponent("in\(position)")) }
      let files = given.indices.map { folder.appendingPathComponent("in\($0)").path }
      let outcome = try executable.run(
        files + ["--dim", "T=3", "--out", folder.appendingPathComponent("out").path], environment: ["ASAN_OPTIONS": "detect_leaks=0"])
      #expect(outcome.succeeded, "\(outcome.standardError)")
      for (position, expected) in try Interpreter(graph).outputs(given).enumerated() {
        let shape = try String(contentsOf: folder.appendingPathComponent("out\(position).shape"), encoding: .utf8)
        #expect(shape == expected.dims.map { "\($0)" }.joined(separator: " ") + "\n")
        let bytes = try Data(contentsOf: folder.appendingPathComponent("out\(position).bin"))
        #expect(bytes.count == expected.bytes.count)
      }
    }
  }
}
