import GraphIR
import LoopIR
import Operators
import Passes
import Tensors
import TestSupport
import Testing

@Suite struct FactorFoldingTests {
  private let x = ElementwiseBody.input(0, .float32)

  /// The product of `q` and `k`, both scaled, `k` transposed; `change` may add to it.
  private func attention(
    _ factors: [Double] = [0.5, 0.25], change: (inout Graph, ValueID, ValueID) throws -> Void = { _, _, _ in }
  ) throws -> Graph {
    var graph = Graph(name: "net")
    let q = graph.addInput("q", TensorType(.float32, [2, 3, 4]))
    let k = graph.addInput("k", TensorType(.float32, [2, 5, 4]))
    let scaledQ = try graph.add(Map(ElementwiseBody(x * .constant(factors[0], .float32)), inputCount: 1), [q])[0]
    let scaledK = try graph.add(Map(ElementwiseBody(.constant(factors[1], .float32) * x), inputCount: 1), [k])[0]
    let transposed = try graph.add(Transpose([0, 2, 1]), [scaledK])[0]
    graph.addOutput("y", try graph.add(MatMul(), [scaledQ, transposed])[0])
    try change(&graph, scaledQ, scaledK)
    return graph
  }

  private func expectSame(_ graph: Graph, _ changed: Graph) throws {
    #expect(changed.defects().isEmpty)
    var generator = SeededGenerator(4)
    let inputs = graph.inputs.map { Tensor.random(.float32, graph.type($0).shape.constants ?? [], using: &generator) }
    for (expected, actual) in try zip(Interpreter(graph).outputs(inputs), Interpreter(changed).outputs(inputs)) {
      #expect(distance(expected, actual) < 1e-6)
    }
  }

  private func folded(_ graph: Graph) throws -> Graph {
    var changed = graph
    try GraphPass.foldFactors.run(on: &changed)
    try expectSame(graph, changed)
    return changed
  }

  @Test func bothFactorsAreMultipliedBehindTheProduct() throws {
    let changed = try folded(attention())
    #expect(changed.nodes.map(\.op.name) == ["transpose", "matmul"])
    #expect(changed.nodes[1].epilogue?.body.body == x * .constant(0.125, .float32))
  }

  @Test func comesBeforeWhatIsDoneToTheProduct() throws {
    let changed = try folded(
      attention { graph, _, _ in
        graph.nodes[3].epilogue = Epilogue(ElementwiseBody(x + ElementwiseBody.input(1, .float32)), operandCount: 1)
        graph.nodes[3].inputs.append(graph.addInput("mask", TensorType(.float32, [3, 5])))
      })
    #expect(changed.nodes.map(\.op.name) == ["transpose", "matmul"])
  }

  @Test func whatOthersReadIsStillMultiplied() throws {
    let changed = try folded(attention { graph, scaledQ, _ in graph.addOutput("q", scaledQ) })
    #expect(changed.nodes.map(\.op.name) == ["map", "transpose", "matmul"])
  }

  @Test(arguments: [[1e-6, 2], [3, 1e5]]) func extremeFactorsStay(factors: [Double]) throws {
    let graph = try attention(factors)
    #expect(try folded(graph) == graph)
  }

  @Test func aValueTimesItselfStays() throws {
    var graph = Graph(name: "net")
    let input = graph.addInput("x", TensorType(.float32, [4, 4]))
    let scaled = try graph.add(Map(ElementwiseBody(x * .constant(0.5, .float32)), inputCount: 1), [input])[0]
    graph.addOutput("y", try graph.add(MatMul(), [scaled, scaled])[0])
    #expect(try folded(graph) == graph)
  }
}
