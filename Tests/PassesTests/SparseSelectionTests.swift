import GraphIR
import LoopIR
import Operators
import Passes
import Targets
import Tensors
import TestSupport
import Testing

@Suite struct SparseSelectionTests {
  /// A product with a matrix in which each element is other than zero with that chance.
  private func layer(_ inner: Int, _ outputs: Int, density: Double, rows: Int = 1, dtype: DType = .float32, seed: UInt64 = 1) throws
    -> Graph
  {
    var generator = SeededGenerator(seed)
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(dtype, [Dim(rows), Dim(inner)]))
    let values = (0..<inner * outputs).map { _ in
      Double.random(in: 0..<1, using: &generator) < density ? Double.random(in: 0.5...1, using: &generator) : 0
    }
    let weights = graph.addConstant("w", Tensor(dtype, [inner, outputs], values))
    let product = try graph.add(MatMul(), [x, weights])[0]
    let bias = graph.addConstant("b", Tensor.random(dtype, [outputs], using: &generator))
    let sum = ElementwiseBody(ElementwiseBody.input(0, dtype) + ElementwiseBody.input(1, dtype))
    graph.addOutput("y", try graph.add(Map(sum, inputCount: 2), [product, bias])[0])
    return graph
  }

  private func changed(_ graph: Graph, _ target: Target = .x86v4) throws -> Graph {
    var graph = graph
    try GraphPass.fuseEpilogues.run(on: &graph)
    try GraphPass.chooseSparse(for: target).run(on: &graph)
    return graph
  }

  private func isSparse(_ graph: Graph) -> Bool { graph.nodes[0].op is SparseProduct }

  @Test(arguments: [(100, 40, 0.1), (400, 120, 0.2), (64, 16, 0.0), (70000, 3, 0.01), (33, 85, 0.12)], [Target.x86v3, .x86v4])
  func whatIsChosenComputesTheSame(sample: (Int, Int, Double), target: Target) throws {
    let graph = try layer(sample.0, sample.1, density: sample.2)
    let sparse = try changed(graph, target)
    #expect(isSparse(sparse) && sparse.defects().isEmpty)
    var generator = SeededGenerator(9)
    let x = Tensor.random(.float32, [1, sample.0], using: &generator)
    #expect(try distance(Interpreter(graph).outputs([x])[0], Interpreter(sparse).outputs([x])[0]) < 2e-6)
  }

  @Test func theLabelAndTheSizeTell() throws {
    let dense = try layer(400, 120, density: 0.2)
    let sparse = try changed(dense)
    #expect(sparse.nodes[0].label == "sparse_product+add")
    let name = sparse.nodes[0].name
    let (before, after) = (try #require(dense.weightStatistics["matmul"]), try #require(sparse.weightStatistics[name]))
    #expect(after.kernel == "sparse_product" && 2.5 * Double(after.bytes) < Double(before.bytes))
  }

  @Test func otherLayersStayAsTheyAre() throws {
    #expect(!isSparse(try changed(layer(400, 120, density: 1))))
    #expect(!isSparse(try changed(layer(400, 120, density: 0.6))))
    // One output, fewer inputs than two vectors, several rows, no vectors, doubles.
    #expect(!isSparse(try changed(layer(256, 1, density: 0.05))))
    #expect(!isSparse(try changed(layer(31, 120, density: 0.1))))
    #expect(!isSparse(try changed(layer(400, 120, density: 0.1, rows: 2))))
    #expect(!isSparse(try changed(layer(400, 120, density: 0.1), .generic)))
    #expect(!isSparse(try changed(layer(400, 120, density: 0.1, dtype: .float64))))
  }

  @Test func oneFullColumnAmongEmptyOnesDoesNotPay() throws {
    var graph = try layer(400, 16, density: 0)
    graph.constants[graph.nodes[0].inputs[1] ?? graph.inputs[0]] = Tensor(.float32, [400, 16], (0..<6400).map { $0 % 16 == 3 ? 1 : 0 })
    #expect(!isSparse(try changed(graph)))
  }
}
