import GraphIR
import LoopIR
import Operators
import SwiftDL
import Tensors
import Testing
import Validation

/// What a check lets pass of long sums, and what not.
@Suite struct CheckToleranceTests {
  /// `x · w` of `n` products, in the order in which they lie.
  private func product(_ weights: [Float]) throws -> Graph {
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [1, Dim(weights.count)]))
    let w = graph.addConstant("w", Tensor(floats: weights, [weights.count, 1]))
    graph.addOutput("y", try graph.add(MatMul(), [x, w])[0])
    return graph
  }

  /// The row of the layer, where the C is that of a graph with perhaps other weights.
  private func layer(_ weights: [Float], compiled: [Float], _ inputs: [Float], _ tolerance: CheckTolerance) throws -> CheckReport.Row {
    var options = CompileOptions(name: "net")
    options.schedule = .none
    let optimised = try Compilation.stages(try product(weights), options).0
    let program = try Compilation.stages(try product(compiled), options).1
    let runner = try CompiledProgram(program, options, .tcc).runner
    var checker = Checker(source: try product(weights), optimised: optimised, program: program, runner: runner, tolerance: tolerance)
    try checker.run(CheckCase(name: "test", inputs: [Tensor(floats: inputs, [1, inputs.count])]))
    return try #require(checker.report.first)
  }

  @Test(arguments: [2304, 9216, 25088]) func productsThatAreAllAlikeMayDriftAsRoundingsDo(count: Int) throws {
    let (weights, inputs) = ([Float](repeating: 0.02, count: count), [Float](repeating: 0.3, count: count))
    let row = try layer(weights, compiled: weights, inputs, CheckTolerance(2e-5, growsWithSums: true))
    #expect(row.passes && row.maxRelativeError > 2e-5 && row.tolerance > 1e-4, "\(row)")
    #expect(try !layer(weights, compiled: weights, inputs, CheckTolerance(2e-5)).passes)
  }

  @Test(arguments: [2304, 9216, 25088]) func aLostProductIsFoundAmongAllOfThem(count: Int) throws {
    var generator = SeededGenerator(UInt64(count))
    let weights = Tensor.random(.float32, [count], .small, using: &generator).floats
    var inputs = Tensor.random(.float32, [count], .small, using: &generator).floats
    inputs[count / 2] = 1
    let typical = (weights.map { $0 * $0 }.reduce(0, +) / Float(count)).squareRoot()
    var (right, wrong) = (weights, weights)
    (right[count / 2], wrong[count / 2]) = (typical, 0)
    let tolerance = CheckTolerance(2e-5, growsWithSums: true)
    #expect(try layer(right, compiled: right, inputs, tolerance).passes)
    #expect(try !layer(right, compiled: wrong, inputs, tolerance).passes)
  }

  @Test func sumsGetAsMuchAsTheirRoundingsUpToABound() {
    let tolerance = CheckTolerance(2e-5, growsWithSums: true)
    #expect(tolerance.ofSums(of: 335, .float32) == 2e-5 && tolerance.ofSums(of: 336, .float32) == 336 * 0x1p-24)
    for terms in [65536, 65537, .max] { #expect(tolerance.ofSums(of: terms, .float16) == 0x1p-8) }
    for terms in [0, -1, .min] { #expect(tolerance.ofSums(of: terms, .bfloat16) == 2e-5) }
    for dtype in [DType.float64, .int32, .bool] { #expect(tolerance.ofSums(of: 65536, dtype) == 2e-5) }
    let rounding = CheckTolerance(2e-5, growsWithSums: true, roundsOnTheWay: true)
    #expect(rounding.ofSums(of: 10, .bfloat16) == 0x1p-7 && rounding.ofSums(of: 10, .float32) == 2e-5 && rounding.fromStart == 1e-2)
    #expect(tolerance.fromStart == 2e-5)
    #expect(CheckTolerance(1e-7).ofSums(of: 65536, .float32) == 1e-7)
  }
}
