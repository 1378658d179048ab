import GraphIR
import LoopIR
import Operators
import Passes
import Targets
import Tensors
import TestSupport
import Testing

@Suite struct NarrowWeightsTests {
  static let cases: [(op: any Operator, input: [Int], weights: [Int], bias: Int?)] = [
    (MatMul(), [3, 50], [50, 33], nil), (MatMul(transposeB: true), [2, 3, 40], [20, 40], nil),
    (Convolution(SlidingWindow(padsBefore: [1, 1], padsAfter: [1, 1])), [1, 7, 8, 5], [3, 3, 5, 17], 17),
    (Convolution(SlidingWindow(), groups: 2), [1, 7, 8, 8], [3, 3, 4, 16], nil),
    (DepthwiseConvolution(SlidingWindow()), [1, 9, 9, 20], [3, 3, 20, 2], 40),
  ]

  /// The layer with an epilogue that reads another value.
  private func layer(_ position: Int) throws -> Graph {
    let (op, input, weights, bias) = Self.cases[position]
    var generator = SeededGenerator(UInt64(position))
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, Shape(input)))
    let w = graph.addConstant("w", Tensor.random(.float32, weights, using: &generator))
    let b = bias.map { graph.addConstant("b", Tensor.random(.float32, [$0], using: &generator)) }
    let sums = try graph.add(op, [x, w] + (b.map { [$0] } ?? []))[0]
    let other = graph.addInput("other", TensorType(.float32, graph.type(sums).shape))
    let body = Expr.binary(.maximum, ElementwiseBody.input(0, .float32), ElementwiseBody.input(1, .float32))
    graph.addOutput("y", try graph.add(Map(ElementwiseBody(body), inputCount: 2), [sums, other])[0])
    return graph
  }

  @Test(arguments: cases.indices, [Target.generic, .x86v4]) func weightsShrinkAndResultsHardlyMove(position: Int, target: Target) throws {
    let graph = try layer(position)
    var changed = graph
    try Pipeline.standard(PipelineOptions(target: target, weights: .int8)).run(on: &changed)
    #expect(changed.defects().isEmpty && changed.nodes.contains { $0.inputs.contains { $0.map { changed.type($0).dtype } == .int8 } })
    var generator = SeededGenerator(9)
    let inputs = graph.inputs.map { Tensor.random(.float32, graph.type($0).shape.constants ?? [], using: &generator) }
    let (before, after) = (try Interpreter(graph).outputs(inputs)[0], try Interpreter(changed).outputs(inputs)[0])
    #expect(distance(before, after) < 0.02 && before != after)
  }

  @Test(arguments: [NarrowType.int8, .int4, .float16], [Target.generic, .x86v3, .x86v4])
  func kernelsOfRecurrentLayersShrink(type: NarrowType, target: Target) throws {
    for (op, gates) in [(SimpleRNN() as any Operator, 1), (LSTM(), 4), (GRU(), 3)] {
      var generator = SeededGenerator(6)
      var graph = Graph(name: "net")
      let x = graph.addInput("x", TensorType(.float32, [2, 4, Dim(17 * gates)]))
      let kernel = graph.addConstant("r", Tensor.random(.float32, [17, 17 * gates], .small, using: &generator))
      graph.addOutput("y", try graph.add(op, [x, kernel])[0])
      var changed = graph
      try Pipeline.standard(PipelineOptions(target: target, weights: type)).run(on: &changed)
      func bytes(_ graph: Graph) -> Int { graph.constants.values.reduce(0) { $0 + $1.bytes.count } }
      #expect(changed.defects().isEmpty && bytes(changed) * (type == .float16 ? 2 : 3) <= bytes(graph))
      let input = Tensor.random(.float32, [2, 4, 17 * gates], .small, using: &generator)
      let (before, after) = (try Interpreter(graph).outputs([input])[0], try Interpreter(changed).outputs([input])[0])
      #expect(distance(before, after) < 0.02 && before != after)
    }
  }

  /// Neither few inputs nor an odd number of them.
  @Test(arguments: [(50, 33, true), (96, 20, true), (14, 40, false), (51, 33, false)], [Target.generic, .x86v4])
  func weightsOfFourBitsShareScales(layer: (inputs: Int, outputs: Int, isGrouped: Bool), target: Target) throws {
    var generator = SeededGenerator(4)
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [3, Dim(layer.inputs)]))
    let w = graph.addConstant("w", Tensor.random(.float32, [layer.inputs, layer.outputs], using: &generator))
    let product = try graph.add(MatMul(), [x, w])[0]
    let b = graph.addConstant("b", Tensor.random(.float32, [layer.outputs], using: &generator))
    let sum = ElementwiseBody.input(0, .float32) + ElementwiseBody.input(1, .float32)
    graph.addOutput("y", try graph.add(Map(ElementwiseBody(sum), inputCount: 2), [product, b])[0])
    var changed = graph
    try Pipeline.standard(PipelineOptions(target: target, weights: .int4)).run(on: &changed)
    #expect(changed.nodes.contains { $0.op is GroupedProduct } == layer.isGrouped, "\(changed)")
    let input = Tensor.random(.float32, [3, layer.inputs], using: &generator)
    let (before, after) = (try Interpreter(graph).outputs([input])[0], try Interpreter(changed).outputs([input])[0])
    #expect(distance(before, after) < 0.1 && before != after)
  }

  @Test func groupedConvolutionsStayNearAndShrink() throws {
    var generator = SeededGenerator(5)
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [1, 7, 8, 34]))
    let w = graph.addConstant("w", Tensor.random(.float32, [3, 3, 34, 6], using: &generator))
    let window = SlidingWindow(strides: [2, 1], padsBefore: [1, 0], padsAfter: [0, 1])
    graph.addOutput("y", try graph.add(Convolution(window), [x, w])[0])
    var changed = graph
    try Pipeline([.narrowWeights(.int4), .removeDeadNodes]).run(on: &changed)
    #expect(changed.nodes.contains { $0.op is GroupedProduct })
    func bytes(_ graph: Graph) -> Int { graph.constants.values.reduce(0) { $0 + $1.bytes.count } }
    #expect(bytes(changed) * 6 < bytes(graph))
    let input = Tensor.random(.float32, [1, 7, 8, 34], using: &generator)
    #expect(distance(try Interpreter(graph).outputs([input])[0], try Interpreter(changed).outputs([input])[0]) < 0.1)
  }

  @Test(arguments: cases.indices, [DType.float16, .bfloat16]) func floatsOfSixteenBitsWeighFloats(position: Int, dtype: DType) throws {
    for target in [Target.generic, .x86v3, .x86v4] { try expectWeights(of: dtype, in: try layer(position), on: target) }
  }

  private func expectWeights(of dtype: DType, in graph: Graph, on target: Target) throws {
    let type: NarrowType = dtype == .float16 ? .float16 : .bfloat16
    var (changed, reference) = (graph, graph)
    try Pipeline.standard(PipelineOptions(target: target, weights: type)).run(on: &changed)
    try GraphPass.narrowWeights(type).run(on: &reference)
    #expect(changed.defects().isEmpty && changed.nodes.contains { $0.inputs.contains { $0.map { changed.type($0).dtype } == dtype } })
    var generator = SeededGenerator(9)
    let inputs = graph.inputs.map { Tensor.random(.float32, graph.type($0).shape.constants ?? [], using: &generator) }
    let results = try [graph, changed, reference].map { try Interpreter($0).outputs(inputs)[0] }
    #expect(distance(results[0], results[1]) < (dtype == .float16 ? 0.001 : 0.01) && results[0] != results[1])
    #expect(distance(results[2], results[1]) < 1e-6)
  }

  @Test func weightsBeyondFloat16StayAsTheyAre() throws {
    for largest in [65_519.0, 65_520] {
      var graph = Graph(name: "net")
      let x = graph.addInput("x", TensorType(.float32, [3, 20]))
      let w = graph.addConstant("w", Tensor(.float32, [20, 20], (0..<400).map { $0 == 7 ? largest : 0.1 }))
      graph.addOutput("y", try graph.add(MatMul(), [x, w])[0])
      try GraphPass.narrowWeights(.float16).run(on: &graph)
      #expect(graph.type(graph.nodes[0].inputs[1] ?? w).dtype == (largest < 65_520 ? .float16 : .float32))
    }
  }

  /// Layers that read each weight for many products gain nothing from narrower ones, but on controllers memory.
  @Test(arguments: [Target.generic, .x86v3, .x86v4, .x86v4BFloat16, .aarch64Neon], [1, 64])
  func weightsThatAreWaitedForAreRounded(target: Target, rows: Int) throws {
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [Dim(rows), 512]))
    let w = graph.addConstant("w", Tensor(.float32, [512, 512], [Double](repeating: 0.1, count: 1 << 18)))
    graph.addOutput("y", try graph.add(MatMul(), [x, w])[0])
    try GraphPass.narrowWeights(.fasterBFloat16(target)).run(on: &graph)
    let isWaitedFor = rows == 1 && target != .generic
    let isRounded = graph.type(graph.nodes[0].inputs[1] ?? w).dtype == .bfloat16
    #expect(isRounded == (isWaitedFor || target == .generic || target.hasBFloat16Products))
  }

  @Test func weightsOfSeveralLayersAreRoundedOnce() throws {
    var graph = Graph(name: "net")
    var generator = SeededGenerator(4)
    let x = graph.addInput("x", TensorType(.float32, [3, 20]))
    let w = graph.addConstant("w", Tensor.random(.float32, [20, 20], using: &generator))
    let once = try graph.add(MatMul(), [x, w])[0]
    graph.addOutput("y", try graph.add(MatMul(), [once, w])[0])
    try GraphPass.narrowWeights(.bfloat16).run(on: &graph)
    #expect(graph.nodes.map { graph.type($0.inputs[1] ?? w).dtype } == [.bfloat16, .bfloat16])
    #expect(graph.nodes[0].inputs[1] == graph.nodes[1].inputs[1])
  }

  @Test func smallWeightsStay() throws {
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [3, 5]))
    let w = graph.addConstant("w", Tensor(.float32, [5, 4], [Double](repeating: 0.3, count: 20)))
    graph.addOutput("y", try graph.add(MatMul(), [x, w])[0])
    for type in [NarrowType.int8, .float16, .bfloat16] {
      var changed = graph
      try GraphPass.narrowWeights(type).run(on: &changed)
      #expect(changed == graph)
    }
  }
}
