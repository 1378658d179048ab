import CSource
import GraphIR
import LoopIR
import Operators
import SwiftDL
import Tensors
import Testing
import Validation

/// Tensors without elements in the C as shipped: legal C99, silent, clean under sanitizers, and right.
@Suite struct EmptyTensorTests {
  private static let sum = Map(ElementwiseBody(ElementwiseBody.input(0, .float32) + ElementwiseBody.input(1, .float32)), inputCount: 2)

  /// Empty inputs, constants, intermediates and outputs; `none` is an extent that is, or may be, 0.
  private func graph(_ none: Dim) throws -> Graph {
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [none, 3]))
    let doubled = try graph.add(Self.sum, [x, x])[0]
    let empty = graph.addConstant("empty", Tensor(floats: [], [0, 3]))
    let joined = try graph.add(Concatenate(axis: 0), [doubled, empty])[0]
    let weights = graph.addConstant("weights", Tensor(floats: [1, 2, 3], [3, 1]))
    graph.addOutput("rows", try graph.add(MatMul(), [joined, weights])[0])
    graph.addOutput("product", try graph.add(MatMul(transposeA: true), [doubled, joined])[0])
    for function in [Reduce.Function.mean, .max, .logSumExp] {
      graph.addOutput(function.rawValue, try graph.add(Reduce(function, axes: [0]), [doubled])[0])
    }
    let softmax = try graph.add(Softmax(axis: 0), [joined])[0]
    graph.addOutput("softmax", try graph.add(Normalise(axes: [0], epsilon: 1), [softmax])[0])
    let positions = graph.addConstant("positions", Tensor(.int32, [2], integers: [1, -1]))
    graph.addOutput("gathered", try graph.add(Gather(axis: 0), [doubled, positions])[0])
    return graph
  }

  private func runners(_ program: Program, _ target: String) throws -> [ModelRunner] {
    var options = CompileOptions(name: "net")
    options.target = target
    let generated = try Compilation.emit(program, options, trace: false)
    let signature = ModelSignature(program, prefix: generated.prefix)
    var sources: SourceSet = [:]
    for file in generated.files { sources.add(file.name, bytes: file.bytes) }
    let warnings = CompilerMatrixTests.warnings.filter { $0 != "-Wmissing-prototypes" }
    let compilers = [
      SystemCompiler("gcc", flags: warnings + ["-O1", "-fsanitize=undefined,float-divide-by-zero", "-fno-sanitize-recover=all"]),
      SystemCompiler("gcc", flags: warnings + ["-O3"]),
    ]
    sources.add("call.c", signature.trampoline)
    return [try CompiledProgram(program, options, .tcc).runner]
      + (try compilers.map { try ModelRunner($0.load(sources), signature) })
  }

  @Test(arguments: [true, false], ["generic", "x86-64-v3"]) func theCIsLegalAndRight(isOpen: Bool, target: String) throws {
    var graph = try graph(isOpen ? .symbol("N") : 0)
    if isOpen { graph.dims["N"] = 0...20 }
    var options = CompileOptions(name: "net")
    options.target = target
    let program = try Compilation.stages(graph, options).1
    for runner in try runners(program, target) {
      for extent in isOpen ? [0, 1, 19] : [0] {
        var generator = SeededGenerator(3)
        let x = Tensor.random(.float32, [extent, 3], using: &generator)
        let expected = try Interpreter(graph).outputs([x])
        let actual = try runner.run([x], dims: isOpen ? [Int32(extent)] : [], outputDims: expected.map(\.dims))
        for (a, b) in zip(actual, expected) {
          let comparison = Validation.Comparison(a, expected: b)
          #expect(comparison.isExact || comparison.maxAbsolute < 1e-4, "\(extent): \(comparison)")
        }
      }
    }
  }
}
