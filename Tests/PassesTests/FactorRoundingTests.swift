import GraphIR
import LoopIR
import Operators
import Passes
import Targets
import Tensors
import TestSupport
import Testing

@Suite struct FactorRoundingTests {
  static let cases: [(op: any Operator, input: [Int], weights: [Int])] = [
    (MatMul(), [7, 64], [64, 40]), (MatMul(transposeB: true), [2, 3, 23], [33, 23]),
    (Convolution(SlidingWindow(strides: [1, 2], padsBefore: [1, 0], padsAfter: [0, 1])), [1, 9, 16, 9], [3, 5, 9, 37]),
    (Convolution(), [2, 7, 9, 8], [1, 1, 8, 64]), (Convolution(SlidingWindow(dilations: [2, 2])), [1, 8, 8, 13], [3, 3, 13, 20]),
  ]

  private let options = PipelineOptions(target: .x86v4BFloat16, weights: .bfloat16)

  /// Two layers one after the other, whose values in between are added to the result.
  private func network(_ op: any Operator, _ input: [Int], _ weights: [Int]) throws -> Graph {
    var generator = SeededGenerator(12)
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, Shape(input)))
    let scale = 1 / Double(weights.dropLast().reduce(1, *)).squareRoot()
    let numbers = Tensor.random(.float32, weights, using: &generator)
    let w = graph.addConstant("w", Tensor(.float32, weights, numbers.doubles.map { $0 * scale }))
    let first = try graph.add(op, [x, w])[0]
    let floor = Expr.binary(.maximum, ElementwiseBody.input(0, .float32), .constant(0, .float32))
    let positive = try graph.add(Map(ElementwiseBody(floor), inputCount: 1), [first])[0]
    let channels = graph.type(positive).shape.last?.constant ?? 0
    let square = Tensor.random(.float32, [channels, channels], using: &generator)
    let second = try graph.add(MatMul(), [positive, graph.addConstant("v", Tensor(.float32, square.dims, square.doubles.map { $0 / 5 }))])[
      0]
    let sum = ElementwiseBody.input(0, .float32) + ElementwiseBody.input(1, .float32)
    graph.addOutput("y", try graph.add(Map(ElementwiseBody(sum), inputCount: 2), [second, positive])[0])
    return graph
  }

  @Test(arguments: cases.indices) func resultsHardlyMoveAndProductsArePacked(position: Int) throws {
    let (op, input, weights) = Self.cases[position]
    let graph = try network(op, input, weights)
    var (changed, reference) = (graph, graph)
    try Pipeline.standard(options).run(on: &changed)
    try Pipeline.untilRounded(options).run(on: &reference)
    #expect(changed.defects().isEmpty && changed.nodes.contains { $0.op is PackedProduct }, "\(changed)")
    var generator = SeededGenerator(2)
    let x = Tensor.random(.float32, input, using: &generator)
    let results = try [graph, changed, reference].map { try Interpreter($0).outputs([x])[0] }
    #expect(distance(results[0], results[1]) < 0.02 && results[0] != results[1])
    #expect(distance(results[2], results[1]) < 2e-3)
  }

  /// Nobody else needs the value between the layers: its floats are never stored.
  @Test func valuesThatAllReadersTakeRoundedAreStoredRounded() throws {
    var graph = try network(MatMul(), [7, 64], [64, 40])
    try Pipeline.standard(options).run(on: &graph)
    let wide = graph.nodes.flatMap(\.outputs).filter { graph.type($0).dtype == .float32 }
    #expect(wide == graph.outputs.map(\.value), "\(graph)")
  }

  @Test func otherTargetsAndSmallProductsComputeWithFloats() throws {
    let single = try network(MatMul(), [1, 64], [64, 40])
    let usual = try network(MatMul(), [7, 64], [64, 40])
    for (graph, target) in [(single, Target.x86v4BFloat16), (usual, .x86v4), (usual, .generic), (usual, .aarch64Neon)] {
      var changed = graph
      try Pipeline.standard(PipelineOptions(target: target, weights: .bfloat16)).run(on: &changed)
      #expect(changed.nodes.allSatisfy { $0.outputs.allSatisfy { changed.type($0).dtype == .float32 } })
    }
  }
}
