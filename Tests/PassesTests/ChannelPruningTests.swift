import GraphIR
import LoopIR
import Operators
import Passes
import Targets
import Tensors
import TestSupport
import Testing

/// Networks in which channels go many ways.
private struct Channels {
  var sketch = Sketch()
  private var generator = SeededGenerator(4)

  mutating func random(_ name: String, _ dims: [Int]) -> ValueID {
    sketch.graph.addConstant(name, Tensor.random(.float32, dims, using: &generator))
  }

  mutating func convolution(_ name: String, _ x: ValueID, _ inputs: Int, _ outputs: Int) throws -> ValueID {
    try sketch.add(
      name, Convolution(SlidingWindow(padsBefore: [1, 1], padsAfter: [1, 1])), x, random(name + "/kernel", [3, 3, inputs, outputs]),
      random(name + "/bias", [outputs]))
  }

  mutating func dense(_ name: String, _ x: ValueID, _ inputs: Int, _ outputs: Int) throws -> ValueID {
    try sketch.add(name, MatMul(), x, random(name + "/kernel", [inputs, outputs]))
  }
}

@Suite struct ChannelPruningTests {
  private func pruned(_ graph: Graph, _ rules: String...) throws -> Graph {
    var graph = graph
    try GraphPass.prune(try rules.map { (rule) throws(Diagnostic) in try PruningRule(rule) }).run(on: &graph)
    #expect(graph.defects() == [])
    return graph
  }

  private func shapes(_ graph: Graph) -> [String: [Int]] {
    Dictionary(graph.nodes.map { ($0.name, graph.type($0.outputs[0]).shape.constants ?? []) }) { first, _ in first }
  }

  /// Two convolutions, a pool, a flattened image and two products; the second `transposed` first, as the layouts of others have it.
  private func plain(transposed: Bool = false) throws -> Graph {
    var net = Channels()
    let x = net.sketch.input("x", [1, 4, 4, 2])
    let first = try net.convolution("c1", x, 2, 4)
    let active = try net.sketch.map("r1", relu, first)
    let second = try net.convolution("c2", active, 4, 6)
    var image = try net.sketch.add("pool", Pool(.max, size: [2, 2], SlidingWindow(strides: [2, 2])), second)
    if transposed { image = try net.sketch.add("turned", Transpose([0, 3, 1, 2]), image) }
    let flat = try net.sketch.add("flat", Reshape([1, 24]), image)
    let hidden = try net.dense("d1", flat, 24, 8)
    let biased = try net.sketch.map("r2", maximum(x0 + x1, .constant(0, .float32)), hidden, net.random("d1/bias", [8]))
    net.sketch.output(try net.dense("d2", biased, 8, 3))
    return net.sketch.graph
  }

  @Test(arguments: [false, true]) func everyLayerButTheLastLosesItsShare(transposed: Bool) throws {
    let found = shapes(try pruned(plain(transposed: transposed), "channels:0.5"))
    #expect(found["c1"] == [1, 4, 4, 2] && found["c2"] == [1, 4, 4, 3] && found["flat"] == [1, 12])
    #expect(found["d1"] == [1, 4] && found["d2"] == [1, 3])
  }

  /// Where whatever reads a channel has zeros for it, nothing changes when it is removed.
  @Test(arguments: [false, true]) func whatNobodyReadsIsRemovedWithoutATrace(transposed: Bool) throws {
    var graph = try plain(transposed: transposed)
    let names = ["c1/kernel", "c1/bias", "c2/kernel", "c2/bias", "d1/kernel", "d1/bias"]
    for id in graph.constants.keys where names.contains(graph[id].name) {
      guard let tensor = graph.constants[id], let outputs = tensor.dims.last else { continue }
      // relu(0) and the maximum of a pool of zeros are zero: channels without weights pass nothing on.
      graph.constants[id] = Tensor(.float32, tensor.dims, tensor.doubles.enumerated().map { $0.offset % outputs % 2 == 0 ? 0 : $0.element })
    }
    var generator = SeededGenerator(8)
    let x = Tensor.random(.float32, [1, 4, 4, 2], using: &generator)
    let (before, after) = (try Interpreter(graph).outputs([x])[0], try Interpreter(pruned(graph, "channels:0.5")).outputs([x])[0])
    #expect(distance(before, after) < 1e-6)
  }

  @Test func layersThatAreAddedLoseTheSameChannels() throws {
    var net = Channels()
    let x = net.sketch.input("x", [1, 4, 4, 4])
    let first = try net.convolution("a", x, 4, 8)
    let second = try net.convolution("b", first, 8, 8)
    let sum = try net.sketch.map("sum", x0 + x1, second, first)
    net.sketch.output(try net.convolution("end", sum, 8, 2))
    let all = shapes(try pruned(net.sketch.graph, "channels:0.75"))
    #expect(all["a"] == [1, 4, 4, 2] && all["b"] == [1, 4, 4, 2] && all["sum"] == [1, 4, 4, 2] && all["end"] == [1, 4, 4, 2])
    // The least share of the layers counts.
    #expect(shapes(try pruned(net.sketch.graph, "channels:0.75", "channels:0.25@b"))["a"] == [1, 4, 4, 6])
    #expect(try pruned(net.sketch.graph, "channels:0.75", "none@b") == net.sketch.graph)
  }

  @Test func whatIsAddedToTheInputStays() throws {
    var net = Channels()
    let x = net.sketch.input("x", [1, 4, 4, 8])
    let sum = try net.sketch.map("sum", x0 + x1, try net.convolution("a", x, 8, 8), x)
    net.sketch.output(try net.convolution("end", sum, 8, 2))
    #expect(throws: Diagnostic.self) { try pruned(net.sketch.graph, "channels:0.5") }
  }

  @Test func concatenationsDepthwiseConvolutionsAndMeansAreFollowed() throws {
    var net = Channels()
    let x = net.sketch.input("x", [1, 4, 4, 2])
    let parts = [try net.convolution("a", x, 2, 4), x, try net.convolution("b", x, 2, 6)]
    let joined = try net.sketch.add("joined", Concatenate(axis: -1), parts[0], parts[1], parts[2])
    let deep = try net.sketch.add("deep", DepthwiseConvolution(SlidingWindow()), joined, net.random("deep/kernel", [3, 3, 12, 2]))
    let mean = try net.sketch.add("mean", Reduce(.mean, axes: [1, 2]), deep)
    net.sketch.output(try net.dense("end", mean, 24, 3))
    let graph = try pruned(net.sketch.graph, "channels:0.5")
    let found = shapes(graph)
    #expect(found["a"] == [1, 4, 4, 2] && found["b"] == [1, 4, 4, 3] && found["joined"] == [1, 4, 4, 7])
    #expect(found["deep"] == [1, 2, 2, 14] && found["mean"] == [1, 14] && found["end"] == [1, 3])
  }

  @Test func epiloguesAreFollowed() throws {
    var net = Channels()
    let x = net.sketch.input("x", [1, 4, 4, 2])
    let first = try net.convolution("a", x, 2, 4)
    let scaled = try net.sketch.map("scaled", x0 * x1, try net.convolution("b", first, 4, 4), net.random("scale", [4]))
    let sum = try net.sketch.map("sum", x0 + x1, scaled, first)
    net.sketch.output(try net.convolution("end", sum, 4, 2))
    var graph = net.sketch.graph
    try GraphPass.fuseEpilogues.run(on: &graph)
    #expect(graph.nodes.contains { $0.epilogue?.operandCount ?? 0 > 0 })
    #expect(try pruned(graph, "channels:0.5").nodes.map { $0.outputs.count }.count == graph.nodes.count)
  }

  @Test func outputsKeepTheirShape() throws {
    let problem = #expect(throws: Diagnostic.self) { try pruned(plain(), "channels:0.5@d2") }
    #expect(problem?.message.contains("output d2") ?? false)
    // Named with others, it is left out.
    #expect(shapes(try pruned(plain(), "channels:0.5@d*"))["d1"] == [1, 4])
  }

  @Test func somethingIsLeftOfEveryLayer() throws {
    #expect(throws: Diagnostic.self) { try pruned(plain(), "channels:0.9@c1") }
    #expect(try pruned(plain(), "channels:0.1@c1") == plain())
  }

  @Test func channelsAndWeightsArePrunedTogether() throws {
    let graph = try pruned(plain(), "channels:0.5", "magnitude:0.5@d1")
    let statistics = try #require(graph.weightStatistics["d1"])
    #expect(statistics.weights == 48 && statistics.zeros == 24)
  }

  @Test func sortingMovesChannelsAndNothingElse() throws {
    var net = Channels()
    let x = net.sketch.input("x", [1, 40])
    let first = try net.sketch.map("r1", relu, try net.dense("d1", x, 40, 24))
    let second = try net.sketch.map("r2", relu, try net.dense("d2", first, 24, 36))
    net.sketch.output(try net.dense("d3", second, 36, 5))
    var graph = try pruned(net.sketch.graph, "magnitude:0.7")
    let before = graph
    try GraphPass.sortChannels(for: .x86v4).run(on: &graph)
    #expect(graph != before && graph.defects() == [])
    var generator = SeededGenerator(8)
    let input = Tensor.random(.float32, [1, 40], using: &generator)
    #expect(try distance(Interpreter(before).outputs([input])[0], Interpreter(graph).outputs([input])[0]) < 1e-6)
    func counts(_ graph: Graph) throws -> [Int] {
      let weights = try #require(graph.nodes[0].inputs[1].flatMap { graph.constants[$0] })
      return (0..<24).map { column in (0..<40).count { weights.doubles[$0 * 24 + column] != 0 } }
    }
    let (old, new) = (try counts(before), try counts(graph))
    #expect(new.sorted() == old.sorted())
    // Two blocks: what idles lies in the second.
    #expect(new.prefix(16).reduce(0, +) > old.prefix(16).reduce(0, +))
  }
}
