import GraphIR
import LoopIR
import Operators
import Passes
import Targets
import Tensors
import TestSupport
import Testing

@Suite struct ChannelFillingTests {
  /// A layer to `channels`, a pooling, and a layer that reads what is pooled.
  private func network(channels: Int, keepsPool: Bool = false, addsInput: Bool = false) throws -> Graph {
    var generator = SeededGenerator(11)
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [1, 9, 8, Dim(addsInput ? channels : 1)]))
    let inputs = addsInput ? channels : 1
    func constant(_ dims: [Int]) -> ValueID { graph.addConstant("w", Tensor.random(.float32, dims, using: &generator)) }
    let layer = try graph.add(
      Convolution(SlidingWindow(padsBefore: [1, 1], padsAfter: [1, 1])), [x, constant([3, 3, inputs, channels]), constant([channels])])[0]
    let (a, b) = (ElementwiseBody.input(0, .float32), ElementwiseBody.input(1, .float32))
    let other = addsInput ? x : constant([channels])
    let behind = try graph.add(Map(ElementwiseBody(maximum(a * b, .constant(0, .float32))), inputCount: 2), [layer, other])[0]
    let pooled = try graph.add(Pool(.average, size: [2, 2], SlidingWindow(strides: [2, 2])), [behind])[0]
    graph.addOutput("y", try graph.add(Convolution(), [pooled, constant([3, 3, channels, 16])])[0])
    if keepsPool { graph.addOutput("pooled", pooled) }
    try GraphPass.fuseEpilogues.run(on: &graph)
    return graph
  }

  private func filled(_ graph: Graph, _ target: Target = .x86v4) throws -> Graph {
    var graph = graph
    try GraphPass.fillVectors(for: target).run(on: &graph)
    return graph
  }

  @Test(arguments: [(3, 4), (6, 8), (9, 16)], [false, true])
  func moreChannelsAreComputedAndCutOff(channels: (found: Int, filled: Int), keepsPool: Bool) throws {
    let graph = try network(channels: channels.found, keepsPool: keepsPool)
    let changed = try filled(graph)
    #expect(changed.defects().isEmpty)
    #expect(changed.type(changed.nodes[0].outputs[0]).shape == [1, 9, 8, Dim(channels.filled)])
    let names = changed.nodes.map(\.op.name)
    #expect(names == ["convolution"] + (keepsPool ? ["slice", "pool"] : ["pool", "slice"]) + ["convolution"])
    var generator = SeededGenerator(2)
    let x = Tensor.random(.float32, [1, 9, 8, 1], using: &generator)
    let outputs = try [graph, changed].map { try Interpreter($0, precision: .typed).outputs([x]) }
    #expect(outputs[0] == outputs[1])
  }

  @Test func fullVectorsAndSumsWithTensorsStay() throws {
    #expect(try filled(network(channels: 8)).nodes.count == 3)
    #expect(try filled(network(channels: 2)).nodes.count == 3)
    #expect(try filled(network(channels: 17)).nodes.count == 3)
    #expect(try filled(network(channels: 6, addsInput: true)).nodes.count == 3)
    #expect(try filled(network(channels: 6), .generic).nodes.count == 3)
  }
}
