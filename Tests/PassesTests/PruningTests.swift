import GraphIR
import Operators
import Passes
import Tensors
import TestSupport
import Testing

@Suite struct PruningRuleTests {
  @Test func rulesAreRead() throws {
    #expect(try PruningRule("magnitude:0.8").pattern == .magnitude(0.8))
    #expect(try PruningRule("nm:2:4").pattern == .groups(keep: 2, of: 4))
    #expect(try PruningRule("block:4x16:0.5@fc*").pattern == .blocks(inputs: 4, outputs: 16, 0.5))
    #expect(try PruningRule("channels:0.5").pattern == .channels(0.5))
    #expect(try PruningRule("none@a@b").layers == "a@b")
  }

  @Test(arguments: [
    "", "magnitude", "magnitude:1", "magnitude:-0.1", "magnitude:nan", "magnitude:0.5:1", "magnitude:0.5@", "nm:0:4", "nm:5:4", "nm:2",
    "nm:2:4096", "block:4:0.5", "block:0x4:0.5", "block:4x4", "block:4x4x4:0.5", "block:1x1:2", "channels:all", "channels:1", "none:1",
    "@x",
  ])
  func whatIsImpossibleIsRefused(text: String) {
    #expect(throws: Diagnostic.self) { try PruningRule(text) }
  }
}

@Suite struct PruningTests {
  /// Two products, of 6 by 4 and 4 by 3.
  private func network() throws -> Graph {
    var sketch = Sketch()
    let x = sketch.input("x", [1, 6])
    let first = sketch.constant("fc1/kernel", [6, 4], (1...24).map { Float($0) * ($0.isMultiple(of: 2) ? 1 : -1) })
    let second = sketch.constant("fc2/kernel", [4, 3], (1...12).map { Float($0) / 10 })
    let hidden = try sketch.add("fc1", MatMul(), x, first)
    sketch.output(try sketch.add("fc2", MatMul(), hidden, second))
    return sketch.graph
  }

  private func pruned(_ rules: String..., of graph: Graph? = nil) throws -> [[Float]] {
    var graph = try graph ?? network()
    try GraphPass.prune(try rules.map { (rule) throws(Diagnostic) in try PruningRule(rule) }).run(on: &graph)
    #expect(graph.defects().isEmpty)
    return graph.nodes.compactMap { $0.inputs[1].flatMap { graph.constants[$0]?.floats } }
  }

  private func zeros(_ weights: [[Float]]) -> [Int] { weights.map { $0.count { $0 == 0 } } }

  @Test func magnitudeTakesTheSmallestOfAllLayers() throws {
    #expect(zeros(try pruned("magnitude:0.25")) == [0, 9])
    #expect(zeros(try pruned("magnitude:0")) == [0, 0])
  }

  @Test func magnitudeOfNamedLayersTakesTheShareOfEach() throws {
    #expect(zeros(try pruned("magnitude:0.5@*")) == [12, 6])
    #expect(zeros(try pruned("magnitude:0.5@fc2")) == [0, 6])
    #expect(try pruned("magnitude:0.5@fc1")[0].prefix(13) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -13])
  }

  @Test func theLastRuleForALayerCounts() throws {
    #expect(zeros(try pruned("magnitude:0.5@*", "none@fc1")) == [0, 6])
    #expect(zeros(try pruned("magnitude:0.5@*", "nm:1:3@fc1/kernel")) == [16, 6])
  }

  @Test func amongEqualsAsManyGoAsAskedFor() throws {
    var graph = try network()
    graph.constants[graph.nodes[0].inputs[1] ?? graph.inputs[0]] = Tensor(floats: [Float](repeating: 1, count: 24), [6, 4])
    #expect(zeros(try pruned("magnitude:0.5@fc1", of: graph)) == [12, 0])
  }

  @Test func groupsKeepTheLargestAlongTheInputs() throws {
    let first = try pruned("nm:2:4@fc1")[0]
    // Inputs 0 … 3 keep the last two, as these are larger; of inputs 4 and 5, a shorter group, both stay.
    let weights: [Float] = [-9, 10, -11, 12, -13, 14, -15, 16, -17, 18, -19, 20, -21, 22, -23, 24]
    #expect(first == [Float](repeating: 0, count: 8) + weights)
    #expect(zeros(try pruned("nm:4:4")) == [0, 0])
  }

  @Test func blocksGoAsAWhole() throws {
    // Blocks at the edges are smaller, and count by the mean of what they hold.
    #expect(try pruned("block:4x2:0.5@fc1")[0].enumerated().filter { $0.element == 0 }.map(\.offset) == (0..<16).map { $0 })
    #expect(zeros(try pruned("block:100x100:0.4@fc1")) == [0, 0])
  }

  @Test func whatCannotBeIsSaid() throws {
    #expect(throws: Diagnostic.self) { try pruned("magnitude:0.5@fc3") }
    #expect(throws: Diagnostic.self) { try pruned("magnitude:0.99@*") }
    #expect(throws: Diagnostic.self) { try pruned("block:100x100:0.6") }
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [2]))
    graph.addOutput("y", try graph.add(Map(ElementwiseBody(relu), inputCount: 1), [x])[0])
    #expect(throws: Diagnostic.self) { try pruned("magnitude:0.5", of: graph) }
  }

  @Test func productsWithTransposedWeightsCountTheirInputsAlongTheLastAxis() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [1, 4])
    let weights = sketch.constant("w", [2, 4], [1, 2, 3, 4, 8, 7, 6, 5])
    sketch.output(try sketch.add("y", MatMul(transposeB: true), x, weights))
    #expect(try pruned("nm:2:4", of: sketch.graph) == [[0, 0, 3, 4, 8, 7, 0, 0]])
  }

  @Test func sharedWeightsArePrunedOnce() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [1, 4])
    let weights = sketch.constant("w", [4, 4], (1...16).map { Float($0) })
    let hidden = try sketch.add("a", MatMul(), x, weights)
    sketch.output(try sketch.add("b", MatMul(), hidden, weights))
    #expect(zeros(try pruned("magnitude:0.5", of: sketch.graph)) == [8, 8])
  }
}
