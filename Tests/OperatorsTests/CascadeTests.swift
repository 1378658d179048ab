import GraphIR
import LoopIR
import Operators
import Tensors
import TestSupport
import Testing

struct CascadeCase: Sendable, CustomTestStringConvertible {
  struct Layer: Sendable {
    enum Kind: Sendable {
      case dense(Int)
      case depthwise
      case pool
    }
    var kind: Kind
    var taps: [Int]
    var window = SlidingWindow()
  }
  var input: [Int]
  var layers: [Layer]
  var rows = 1
  /// The last layer adds the input.
  var addsInput = false

  var testDescription: String { "\(input), \(layers.count) layers, \(rows) rows" }

  private static let rectifier = Epilogue(
    ElementwiseBody(maximum(ElementwiseBody.input(0, .float32), .constant(0, .float32))), operandCount: 0)
  private static let sum = Epilogue(
    ElementwiseBody(ElementwiseBody.input(0, .float32) + ElementwiseBody.input(1, .float32)), operandCount: 1)

  func graph() throws -> Graph {
    var graph = Graph(name: "chain")
    let x = graph.addInput("x", TensorType(.float32, Shape(input)))
    var (last, channels) = (x, input[3])
    for (position, layer) in layers.enumerated() {
      let op: any Operator
      var inputs: [ValueID?] = [last]
      switch layer.kind {
      case .dense(let outputs):
        op = Convolution(layer.window)
        inputs.append(graph.addInput("w\(position)", TensorType(.float32, Shape(layer.taps + [channels, outputs]))))
        channels = outputs
        inputs.append(graph.addInput("b\(position)", TensorType(.float32, [Dim(channels)])))
      case .depthwise:
        op = DepthwiseConvolution(layer.window)
        inputs += [graph.addInput("w\(position)", TensorType(.float32, Shape(layer.taps + [channels, 1]))), nil]
      case .pool: op = Pool(.max, size: layer.taps, layer.window)
      }
      last = try graph.add(op, inputs)[0]
      let isSum = addsInput && position == layers.count - 1
      graph.nodes[position].epilogue = isSum ? Self.sum : Self.rectifier
      if isSum { graph.nodes[position].inputs.append(x) }
    }
    graph.addOutput("y", last)
    return graph
  }
}

@Suite struct CascadeTests {
  static let same = SlidingWindow(padsBefore: [1, 1], padsAfter: [1, 1])
  static let halving = SlidingWindow(strides: [2, 2], padsBefore: [1, 1], padsAfter: [1, 1])
  static let cases: [CascadeCase] = [
    .init(input: [1, 5, 4, 2], layers: [.init(kind: .dense(3), taps: [1, 1])]),
    .init(
      input: [2, 7, 6, 3],
      layers: [
        .init(kind: .dense(8), taps: [1, 1]), .init(kind: .depthwise, taps: [3, 3], window: same), .init(kind: .dense(3), taps: [1, 1]),
      ], addsInput: true),
    .init(
      input: [1, 9, 8, 2],
      layers: [
        .init(kind: .dense(5), taps: [1, 1]), .init(kind: .depthwise, taps: [3, 3], window: halving), .init(kind: .dense(4), taps: [1, 1]),
      ], rows: 2),
    .init(
      input: [1, 12, 5, 2],
      layers: [
        .init(kind: .dense(4), taps: [3, 3], window: halving), .init(kind: .pool, taps: [3, 3], window: halving),
        .init(kind: .depthwise, taps: [5, 3], window: SlidingWindow(dilations: [2, 1], padsBefore: [4, 1], padsAfter: [4, 1])),
      ], rows: 3),
    .init(
      input: [1, 11, 4, 2],
      layers: [
        .init(kind: .dense(4), taps: [2, 1]),
        .init(kind: .pool, taps: [2, 2], window: SlidingWindow(strides: [2, 2], roundsUp: true)),
      ], rows: 4),
    // Rows that nobody reads, and more rows to a step than there are.
    .init(
      input: [1, 10, 4, 2],
      layers: [
        .init(kind: .depthwise, taps: [3, 3], window: same),
        .init(kind: .depthwise, taps: [3, 1], window: SlidingWindow(strides: [4, 1])),
      ], rows: 5),
  ]

  @Test(arguments: cases)
  func lowersToItsMeaning(sample: CascadeCase) throws {
    let graph = try sample.graph()
    for draw in Draw.allCases {
      let distance = try disagreement(Cascade(graph, rows: sample.rows), graph.types(graph.inputs), seed: 3, draw: draw)
      #expect(distance < 1e-5, "\(draw)")
    }
  }

  @Test(arguments: cases, [2, 3, 4, 40])
  func partsComputeWhatTheWholeDoes(sample: CascadeCase, parts: Int) throws {
    let graph = try sample.graph()
    let op = Cascade(graph, rows: sample.rows, parts: parts)
    #expect(try disagreement(op, graph.types(graph.inputs), seed: 4) < 1e-5)
  }

  @Test func keepsTheRowsUnderTheNextWindowOnly() throws {
    let graph = try Self.cases[1].graph()
    let op = Cascade(graph)
    #expect(op.workspaces(graph.types(graph.inputs), []).map(\.shape) == [[3, 6, 8], [1, 6, 8]])
  }

  @Test func refusesWhatIsNoChain() throws {
    var graph = try Self.cases[1].graph()
    let types = graph.types(graph.inputs)
    #expect(throws: Diagnostic.self) { try Cascade(graph, rows: 0).infer(types) }
    #expect(throws: Diagnostic.self) { try Cascade(graph, parts: 0).infer(types) }
    #expect(throws: Diagnostic.self) { try Cascade(graph).infer(Array(types.dropLast())) }
    graph.outputs[0].value = graph.nodes[0].outputs[0]
    #expect(throws: Diagnostic.self) { try Cascade(graph).infer(types) }
    var parallel = Graph(name: "chain")
    let x = parallel.addInput("x", TensorType(.float32, [1, 4, 4, 2]))
    _ = try parallel.add(Pool(.max, size: [2, 2]), [x])
    parallel.addOutput("y", try parallel.add(Pool(.max, size: [2, 2]), [x])[0])
    #expect(throws: Diagnostic.self) { try Cascade(parallel).infer([TensorType(.float32, [1, 4, 4, 2])]) }
  }
}
