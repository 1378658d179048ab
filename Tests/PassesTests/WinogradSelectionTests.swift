import GraphIR
import Operators
import Passes
import Targets
import Tensors
import TestSupport
import Testing

@Suite struct WinogradSelectionTests {
  private func layer(
    _ input: [Int], outputs: Int, _ window: SlidingWindow = SlidingWindow(padsBefore: [1, 1], padsAfter: [1, 1]), taps: [Int] = [3, 3]
  ) throws -> Graph {
    var generator = SeededGenerator(11)
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, Shape(input)))
    let weights = graph.addConstant("w", Tensor.random(.float32, taps + [input[3], outputs], using: &generator))
    graph.addOutput("y", try graph.add(Convolution(window), [x, weights])[0])
    return graph
  }

  private func chosen(_ graph: Graph, _ target: Target = .x86v4) throws -> WinogradConvolution? {
    var graph = graph
    try GraphPass.chooseWinograd(for: target).run(on: &graph)
    return graph.nodes[0].op as? WinogradConvolution
  }

  @Test(arguments: [([1, 16, 16, 32], 48), ([2, 13, 18, 16], 16), ([1, 9, 9, 40], 72), ([1, 30, 29, 24], 208)])
  func whatIsChosenComputesTheSame(input: [Int], outputs: Int) throws {
    let graph = try layer(input, outputs: outputs)
    var changed = graph
    try GraphPass.chooseWinograd(for: .x86v4).run(on: &changed)
    #expect(changed != graph && changed.defects().isEmpty)
    var generator = SeededGenerator(2)
    let x = Tensor.random(.float32, input, using: &generator)
    #expect(try distance(Interpreter(graph).outputs([x])[0], Interpreter(changed).outputs([x])[0]) < 2e-6)
  }

  @Test func largeImagesTakeLargeSquaresAndSmallOnesSmall() throws {
    #expect(try chosen(layer([1, 56, 56, 64], outputs: 64))?.tile == 4)
    #expect(try chosen(layer([1, 8, 8, 64], outputs: 64))?.tile == 2)
  }

  @Test func largeWeightsForFewSquaresLieInSingleVectors() throws {
    for (size, width) in [(14, 16), (28, 32)] {
      var graph = try layer([1, size, size, 96], outputs: 96)
      try GraphPass.chooseWinograd(for: .x86v4).run(on: &graph)
      let weights = try #require(graph.nodes[0].inputs[1])
      #expect(graph.type(weights).shape[4] == Dim(width))
    }
  }

  @Test(arguments: ConvolutionAlgorithm.allCases) func whatWasMeasuredGoesBeforeTheCostModel(algorithm: ConvolutionAlgorithm) throws {
    let graph = try layer([1, 12, 12, 32], outputs: 32)
    let name = graph.nodes[0].name
    for choices in [AlgorithmChoices([name: algorithm]), AlgorithmChoices([name: algorithm], others: .direct), .init(others: algorithm)] {
      var changed = graph
      try GraphPass.chooseWinograd(for: .x86v4, choices).run(on: &changed)
      let tiles: [ConvolutionAlgorithm: Int] = [.winograd2: 2, .winograd4: 4]
      #expect((changed.nodes[0].op as? WinogradConvolution)?.tile == tiles[algorithm], "\(choices)")
      var generator = SeededGenerator(3)
      let x = Tensor.random(.float32, [1, 12, 12, 32], using: &generator)
      #expect(try distance(Interpreter(graph).outputs([x])[0], Interpreter(changed).outputs([x])[0]) < 2e-5)
    }
    var other = graph
    try GraphPass.chooseWinograd(for: .x86v4, AlgorithmChoices(["another": .direct])).run(on: &other)
    #expect(other.nodes[0].op is WinogradConvolution)
  }

  @Test func otherLayersStayAsTheyAre() throws {
    #expect(try chosen(layer([1, 56, 56, 64], outputs: 64, SlidingWindow(strides: [2, 2]))) == nil)
    #expect(try chosen(layer([1, 56, 56, 64], outputs: 64, SlidingWindow(dilations: [2, 2]))) == nil)
    #expect(try chosen(layer([1, 56, 56, 64], outputs: 64, SlidingWindow(), taps: [3, 1])) == nil)
    #expect(try chosen(layer([1, 56, 56, 3], outputs: 64)) == nil)
    #expect(try chosen(layer([1, 3, 3, 64], outputs: 64)) == nil)
    #expect(try chosen(layer([1, 56, 56, 64], outputs: 64), .generic) == nil)
  }
}
