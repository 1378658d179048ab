import GraphIR
import Operators
import Passes
import Tensors
import TestSupport
import Testing

@Suite struct ThreadPartingTests {
  /// Squares of four by four results of an image.
  private func layer(_ size: Int, block: Int) throws -> Graph {
    var generator = SeededGenerator(3)
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [1, Dim(size), Dim(size), 2]))
    let weights = graph.addConstant("w", Tensor.random(.float32, [1, 36, 1, 2, 2], using: &generator))
    let op = WinogradConvolution(tile: 4, block: block, channels: 2, outputs: 2, padsBefore: [1, 1], padsAfter: [1, 1])
    graph.addOutput("y", try graph.add(op, [x, weights])[0])
    return graph
  }

  @Test(arguments: [(12, 9, 9), (12, 5, 5), (12, 3, 3), (12, 4, 3), (20, 9, 7), (20, 25, 25)])
  func blocksAreEvenInNumber(size: Int, block: Int, expected: Int) throws {
    var graph = try layer(size, block: block)
    let before = graph
    try GraphPass.partLayers.run(on: &graph)
    #expect((graph.nodes[0].op as? WinogradConvolution)?.block == expected)
    var generator = SeededGenerator(5)
    let x = Tensor.random(.float32, [1, size, size, 2], using: &generator)
    #expect(try Interpreter(graph).outputs([x]) == Interpreter(before).outputs([x]))
  }

  @Test func chainsOfLayersAreParted() throws {
    var chain = Graph(name: "chain")
    let x = chain.addInput("x", TensorType(.float32, [1, 9, 8, 2]))
    let middle = try chain.add(Pool(.max, size: [3, 3]), [x])[0]
    chain.addOutput("y", try chain.add(Pool(.max, size: [2, 2]), [middle])[0])
    var graph = Graph(name: "net")
    let input = graph.addInput("x", TensorType(.float32, [1, 9, 8, 2]))
    graph.addOutput("y", try graph.add(Cascade(chain), [input])[0])
    try GraphPass.partLayers.run(on: &graph)
    #expect((graph.nodes[0].op as? Cascade)?.parts == 4)
  }

  @Test func onlyThreadsAskForIt() {
    #expect(!Pipeline.standard(PipelineOptions(target: .x86v4)).passes.contains { $0.name == "part-layers" })
    #expect(Pipeline.standard(PipelineOptions(target: .x86v4, isThreaded: true)).passes.last?.name == "part-layers")
  }
}
