import GraphIR
import LoopIR
import Lowering
import Operators
import Passes
import Schedules
import Targets
import Tensors
import TestSupport
import Testing

@Suite struct RowCascadingTests {
  /// A machine whose caches hold next to nothing.
  private static func narrow(_ target: Target) -> Target {
    var target = target
    target.caches = [64, 256]
    return target
  }

  /// An expansion, a depthwise layer that moves by `stride`, and a projection; `isSum` adds the input.
  private func block(_ size: Int, stride: Int, channels: (Int, Int), isSum: Bool = false, keepsMiddle: Bool = false) throws -> Graph {
    var generator = SeededGenerator(4)
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [1, Dim(size), Dim(size + 2), Dim(channels.0)]))
    func weights(_ dims: [Int]) -> ValueID { graph.addConstant("w", Tensor.random(.float32, dims, using: &generator)) }
    let wide = try graph.add(Convolution(), [x, weights([1, 1, channels.0, channels.1]), weights([channels.1])])[0]
    let window = SlidingWindow(strides: [stride, stride], padsBefore: [1, 1], padsAfter: [1, 1])
    let middle = try graph.add(DepthwiseConvolution(window), [wide, weights([3, 3, channels.1, 1])])[0]
    var last = try graph.add(Convolution(), [middle, weights([1, 1, channels.1, channels.0])])[0]
    if isSum {
      let body = ElementwiseBody.input(0, .float32) + ElementwiseBody.input(1, .float32)
      last = try graph.add(Map(ElementwiseBody(body), inputCount: 2), [last, x])[0]
    }
    graph.addOutput("y", last)
    if keepsMiddle { graph.addOutput("middle", middle) }
    return graph
  }

  private func cascaded(_ graph: Graph, _ target: Target) throws -> Graph {
    var graph = graph
    try Pipeline.standard(PipelineOptions(target: target)).run(on: &graph)
    return graph
  }

  @Test(arguments: [Target.x86v3, .x86v4], [(7, 1, 8, 24), (12, 2, 16, 32), (9, 2, 5, 17), (6, 1, 3, 40)])
  func schedulesOfChainsKeepTheirMeaning(target: Target, sample: (size: Int, stride: Int, inputs: Int, wide: Int)) throws {
    let target = Self.narrow(target)
    let graph = try block(sample.size, stride: sample.stride, channels: (sample.inputs, sample.wide), isSum: sample.stride == 1)
    let changed = try cascaded(graph, target)
    #expect(changed.nodes.map(\.op.name) == ["cascade"])
    var generator = SeededGenerator(2)
    let x = Tensor.random(.float32, graph.type(graph.inputs[0]).shape.constants ?? [], using: &generator)
    let expected = try Interpreter(graph).outputs([x])[0]
    #expect(try distance(expected, Interpreter(changed).outputs([x])[0]) < 1e-5)
    let program = try Lowering { schedule($0, for: target) }.lower(changed, name: "net")
    #expect(program.kernels[0].notes.filter { !$0.hasPrefix(" ") }.count == 3, "every layer has a schedule")
    #expect(try distance(expected, ProgramInterpreter(program).run([x])[0]) < 1e-5)
  }

  @Test func whatOthersReadOrTheCachesHoldStays() throws {
    let graph = try block(8, stride: 1, channels: (8, 24), keepsMiddle: true)
    #expect(try cascaded(graph, Self.narrow(.x86v4)).nodes.map(\.op.name) == ["cascade", "convolution"])
    #expect(try cascaded(graph, .x86v4).nodes.count == 3)
    #expect(try cascaded(graph, .generic).nodes.count == 3)
  }
}
