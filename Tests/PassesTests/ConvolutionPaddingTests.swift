import GraphIR
import Operators
import Passes
import Targets
import Tensors
import TestSupport
import Testing

@Suite struct ConvolutionPaddingTests {
  private func layer(_ input: [Int], taps: [Int], outputs: Int, _ window: SlidingWindow) throws -> Graph {
    var generator = SeededGenerator(11)
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, Shape(input)))
    let weights = graph.addConstant("w", Tensor.random(.float32, taps + [input[input.count - 1], outputs], using: &generator))
    graph.addOutput("y", try graph.add(Convolution(window), [x, weights])[0])
    return graph
  }

  private func padded(_ graph: Graph, _ target: Target = .x86v4) throws -> Graph {
    var graph = graph
    try GraphPass.padConvolutions(for: target).run(on: &graph)
    return graph
  }

  @Test(arguments: [
    ([1, 9, 8, 3], [5, 3], SlidingWindow(strides: [1, 2], padsBefore: [2, 0], padsAfter: [1, 3])),
    ([2, 7, 4], [3], SlidingWindow(dilations: [2], padsBefore: [3], padsAfter: [0])),
  ])
  func paddingIsCopiedOnce(input: [Int], taps: [Int], window: SlidingWindow) throws {
    let graph = try layer(input, taps: taps, outputs: 64, window)
    let changed = try padded(graph)
    #expect(changed.nodes.map(\.op.name) == ["pad", "convolution"])
    var generator = SeededGenerator(2)
    let x = Tensor.random(.float32, input, using: &generator)
    #expect(try Interpreter(graph).outputs([x]) == Interpreter(changed).outputs([x]))
  }

  @Test func layersWithFewProductsOrWithoutPaddingStay() throws {
    let pads = SlidingWindow(padsBefore: [1, 1], padsAfter: [1, 1])
    #expect(try padded(layer([1, 9, 9, 8], taps: [3, 3], outputs: 8, pads)).nodes.count == 1)
    #expect(try padded(layer([1, 9, 9, 8], taps: [3, 3], outputs: 64, SlidingWindow())).nodes.count == 1)
    #expect(try padded(layer([1, 9, 9, 8], taps: [3, 3], outputs: 64, pads), .generic).nodes.count == 1)
  }
}
