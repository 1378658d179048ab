import CSource
import GraphIR
import LoopIR
import Operators
import SwiftDL
import Tensors
import Testing
import Validation

/// Slices and reductions by data in the C as shipped: right within their bounds, and without a touch of foreign memory beyond them.
@Suite struct ComputedPartsTests {
  private let x = Tensor(.float32, [4, 6], integers: (0..<24).map { $0 })

  /// `x[start:end:step]` along both axes, at most 3 by 4 elements.
  private func slice() throws -> Graph {
    var graph = Graph(name: "net")
    let inputs = [graph.addInput("x", x.type)] + ["starts", "ends", "steps"].map { graph.addInput($0, TensorType(.int64, [2])) }
    let resolved = try graph.add(ResolvedSlice([4, 6]), [inputs[1], inputs[2], nil, inputs[3]])[0]
    let rows = try graph.addComputedDim("rows", range: 0...3, from: resolved, element: 4)
    let columns = try graph.addComputedDim("columns", range: 0...4, from: resolved, element: 5)
    let starts = try graph.add(Slice(starts: [0], ends: [2]), [resolved])[0]
    let steps = try graph.add(Slice(starts: [2], ends: [4]), [resolved])[0]
    graph.addOutput("part", try graph.add(Excerpt([rows, columns]), [inputs[0], starts, steps])[0])
    return graph
  }

  /// Sums of as large blocks as the input says, at most 2 by 6 of them.
  private func sums() throws -> Graph {
    var graph = Graph(name: "net")
    let (x, cut) = (graph.addInput("x", x.type), graph.addInput("cut", TensorType(.int64, [4])))
    let names = ["rows", "columns", "height", "width"]
    let bounds = [2, 6, 4, 6]
    let dims = try names.indices.map { try graph.addComputedDim(names[$0], range: 0...bounds[$0], from: cut, element: $0) }
    graph.addOutput("sums", try graph.add(BlockReduce(.sum, shape: Array(dims[..<2]), counts: Array(dims[2...])), [x])[0])
    return graph
  }

  private func vector(_ numbers: [Int64]) -> Tensor { Tensor(.int64, [numbers.count], integers: numbers) }

  private func expect(_ graph: Graph, runs: [[Tensor]], failures: [[Tensor]]) throws {
    let options = CompileOptions(name: "net")
    let (optimised, program) = try Compilation.stages(graph, options)
    let runner = try CompiledProgram(program, options, .tcc).runner
    for inputs in runs { #expect(try runner.run(program, inputs) == Interpreter(optimised).outputs(inputs)) }
    for inputs in failures {
      #expect(throws: Diagnostic.self) { try runner.run(program, inputs) }
      #expect(runner.status == 2)
    }
  }

  @Test func slices() throws {
    let whole: Int64 = .max
    func inputs(_ starts: [Int64], _ ends: [Int64], _ steps: [Int64]) -> [Tensor] { [x, vector(starts), vector(ends), vector(steps)] }
    try expect(
      try slice(),
      runs: [
        inputs([1, 2], [3, 6], [1, 1]), inputs([-1, -1], [.min, .min], [-2, -3]), inputs([0, 0], [whole, whole], [2, 2]),
        inputs([3, 0], [1, 0], [1, 1]), inputs([.min, 9], [2, whole], [1, 1]), inputs([0, 0], [1, 1], [.max, .min]),
      ],
      failures: [inputs([0, 0], [4, 1], [1, 1]), inputs([0, 0], [1, 5], [1, 1]), inputs([-1, 0], [.min, 1], [-1, 1])])
  }

  @Test func blocks() throws {
    func inputs(_ cut: [Int64]) -> [Tensor] { [x, vector(cut)] }
    try expect(
      try sums(), runs: [inputs([1, 6, 4, 1]), inputs([2, 1, 2, 6]), inputs([1, 1, 4, 6])],
      failures: [inputs([4, 1, 1, 6]), inputs([-1, 1, 4, 6]), inputs([1, 7, 4, 1]), inputs([1, 1, 5, 6]), inputs([1, 1, 4, -6])])
  }
}
