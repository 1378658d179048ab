import GraphIR
import LoopIR
import Operators
import Passes
import Tensors
import TestSupport
import Testing

@Suite struct WeightFitTests {
  /// Runs in which every second element of the last axis repeats the one before.
  private func repeating(_ dims: [Int], runs: Int) -> [Tensor] {
    var generator = SeededGenerator(6)
    return (0..<runs).map { _ in
      let values = Tensor.random(.float32, dims, using: &generator).doubles
      return Tensor(.float32, dims, values.indices.map { values[$0 / 2 * 2] })
    }
  }

  /// How far the pruned network is from the whole one, before and after its weights were fitted.
  private func distances(_ graph: Graph, _ rule: String, _ seen: [Tensor]) throws -> (before: Double, after: Double) {
    let rule = try PruningRule(rule)
    var (pruned, fitted) = (graph, graph)
    try GraphPass.prune([rule]).run(on: &pruned)
    var layers = FittedLayer.all(graph, [rule])
    for x in seen { for index in layers.indices where layers[index].input == "x" { layers[index].add(x) } }
    try GraphPass.prune([rule] + FittedLayer.rules(layers, pruned)).run(on: &fitted)
    #expect(fitted.weightStatistics.mapValues(\.zeros) == pruned.weightStatistics.mapValues(\.zeros))
    func worst(_ other: Graph) throws -> Double {
      try seen.map { try distance(Interpreter(graph).outputs([$0])[0], Interpreter(other).outputs([$0])[0]) }.max() ?? 0
    }
    return (try worst(pruned), try worst(fitted))
  }

  @Test func theWeightsThatAreLeftMakeUpForThoseThatWent() throws {
    var sketch = Sketch()
    var generator = SeededGenerator(2)
    let x = sketch.input("x", [1, 24])
    let weights = sketch.graph.addConstant("w", Tensor.random(.float32, [24, 10], using: &generator))
    sketch.output(try sketch.add("y", MatMul(), x, weights))
    let found = try distances(sketch.graph, "nm:1:2", repeating([1, 24], runs: 300))
    #expect(found.after < 0.05 && 4 * found.after < found.before, "\(found)")
  }

  @Test(arguments: [
    SlidingWindow(), SlidingWindow(strides: [2, 1], dilations: [1, 2], padsBefore: [1, 0], padsAfter: [0, 2]),
  ])
  func soTheyDoInConvolutions(window: SlidingWindow) throws {
    var sketch = Sketch()
    var generator = SeededGenerator(2)
    let x = sketch.input("x", [2, 9, 8, 4])
    let weights = sketch.graph.addConstant("w", Tensor.random(.float32, [3, 2, 4, 5], using: &generator))
    sketch.output(try sketch.add("y", Convolution(window), x, weights))
    let found = try distances(sketch.graph, "nm:1:2", repeating([2, 9, 8, 4], runs: 20))
    #expect(found.after < 0.05 && 4 * found.after < found.before, "\(found)")
  }

  @Test func whatNothingIsKnownOfStaysAsItIs() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [1, 4])
    sketch.output(try sketch.add("y", MatMul(), x, sketch.constant("w", [4, 3])))
    let rule = try PruningRule("magnitude:0.5")
    var pruned = sketch.graph
    try GraphPass.prune([rule]).run(on: &pruned)
    let weights = try #require(pruned.nodes[0].inputs[1].flatMap { pruned.constants[$0] })
    var layers = FittedLayer.all(sketch.graph, [rule])
    #expect(layers.count == 1 && FittedLayer.rules(layers, pruned).map(\.pattern) == [.weights(weights)])
    layers[0].add(Tensor(.float32, [1, 4], [0, 0, 0, 0]))
    #expect(FittedLayer.rules(layers, pruned).map(\.pattern) == [.weights(weights)])
    // What is not to be pruned has nothing to make up for.
    #expect(FittedLayer.all(sketch.graph, [rule, try PruningRule("none")]).isEmpty)
  }

  @Test func weightsOfWhatIsSmallGoFirst() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [1, 4])
    sketch.output(try sketch.add("y", MatMul(), x, sketch.constant("w", [4, 2], [8, 7, 6, 5, 4, 3, 2, 1])))
    let rule = try PruningRule("magnitude:0.5")
    var layers = FittedLayer.all(sketch.graph, [rule])
    layers[0].add(Tensor(.float32, [1, 4], [0, 1, 1, 100]))
    var pruned = sketch.graph
    try GraphPass.prune([rule], importance: [layers[0].name: layers[0].importance]).run(on: &pruned)
    #expect(pruned.nodes[0].inputs[1].flatMap { pruned.constants[$0] }?.floats == [0, 0, 6, 5, 0, 0, 2, 1])
  }
}
