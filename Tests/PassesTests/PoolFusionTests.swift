import GraphIR
import LoopIR
import Operators
import Passes
import Targets
import Tensors
import TestSupport
import Testing

@Suite struct PoolFusionTests {
  private static let plain = SlidingWindow(strides: [2, 2])

  /// A layer that becomes Winograd's, what is done to its result, and a pooling.
  private func network(
    _ pool: Pool = Pool(.max, size: [2, 2], plain), keepsLayer: Bool = false,
    epilogue: (Expr) -> Expr = { maximum($0 + ElementwiseBody.input(1, .float32), .constant(0, .float32)) }
  ) throws -> Graph {
    var generator = SeededGenerator(11)
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [1, 15, 17, 16]))
    let weights = graph.addConstant("w", Tensor.random(.float32, [3, 3, 16, 32], using: &generator))
    let layer = try graph.add(Convolution(SlidingWindow(padsBefore: [1, 1], padsAfter: [1, 1])), [x, weights])[0]
    let shift = graph.addConstant("s", Tensor.random(.float32, [32], using: &generator))
    let body = ElementwiseBody(epilogue(ElementwiseBody.input(0, .float32)))
    let behind = try graph.add(Map(body, inputCount: 2), [layer, shift])[0]
    graph.addOutput("y", try graph.add(pool, [behind])[0])
    if keepsLayer { graph.addOutput("layer", behind) }
    try GraphPass.fuseEpilogues.run(on: &graph)
    try GraphPass.chooseWinograd(for: .x86v4).run(on: &graph)
    return graph
  }

  private func fused(_ graph: Graph) throws -> Graph {
    var graph = graph
    try GraphPass.fusePools(for: .x86v4).run(on: &graph)
    return graph
  }

  @Test func theGreatestAreTakenBeforeTheEpilogue() throws {
    let graph = try network()
    let changed = try fused(graph)
    #expect(changed.nodes.map(\.op.name) == ["winograd_convolution"])
    #expect(changed.defects().isEmpty)
    var generator = SeededGenerator(2)
    let x = Tensor.random(.float32, [1, 15, 17, 16], using: &generator)
    let outputs = try [graph, changed].map { try Interpreter($0, precision: .typed).outputs([x])[0] }
    #expect(outputs[0] == outputs[1])
  }

  @Test func otherPoolingsStay() throws {
    let square = [2, 2]
    #expect(try fused(network(keepsLayer: true)).nodes.count == 2)
    #expect(try fused(network(Pool(.average, size: square, Self.plain))).nodes.count == 2)
    #expect(try fused(network(Pool(.max, size: square))).nodes.count == 2)
    #expect(try fused(network(Pool(.max, size: [3, 3], SlidingWindow(strides: [3, 3])))).nodes.count == 2)
    let ceiling = SlidingWindow(strides: square, roundsUp: true)
    #expect(try fused(network(Pool(.max, size: square, ceiling))).nodes.count == 2)
    #expect(try fused(network { $0 * ElementwiseBody.input(1, .float32) }).nodes.count == 2)
    #expect(try fused(network { ElementwiseBody.input(1, .float32) - $0 }).nodes.count == 2)
  }
}
