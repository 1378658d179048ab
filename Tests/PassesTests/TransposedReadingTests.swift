import GraphIR
import Operators
import Passes
import Targets
import Tensors
import TestSupport
import Testing

@Suite struct TransposedReadingTests {
  /// A planar image of `channels`, brought into the order in which a layer reads it.
  private func image(channels: Int, outputs: Int, isRead: Bool = false, pads: Bool = true) throws -> Graph {
    var generator = SeededGenerator(11)
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [2, Dim(channels), 7, 6]))
    let moved = try graph.add(Transpose([0, 2, 3, 1]), [x])[0]
    let weights = graph.addConstant("w", Tensor.random(.float32, [3, 3, channels, outputs], using: &generator))
    let window = pads ? SlidingWindow(padsBefore: [1, 0], padsAfter: [2, 1]) : SlidingWindow()
    graph.addOutput("y", try graph.add(Convolution(window), [moved, weights])[0])
    if isRead { graph.addOutput("moved", moved) }
    return graph
  }

  private func left(_ graph: Graph, _ target: Target = .x86v4) throws -> Graph {
    var graph = graph
    try Pipeline([.leaveTransposes(for: target), .padConvolutions(for: target)]).run(on: &graph)
    return graph
  }

  private func staysInPlace(_ graph: Graph) -> Bool { graph.nodes.contains { ($0.op as? Transpose)?.staysInPlace == true } }

  @Test func imagesAreReadAndPaddedWhereTheyLie() throws {
    let graph = try image(channels: 3, outputs: 32)
    let changed = try left(graph)
    #expect(changed.nodes.map(\.op.name) == ["pad", "transpose", "convolution"])
    #expect(staysInPlace(changed) && changed.defects().isEmpty)
    var generator = SeededGenerator(2)
    let x = Tensor.random(.float32, [2, 3, 7, 6], using: &generator)
    #expect(try Interpreter(graph).outputs([x]) == Interpreter(changed).outputs([x]))
  }

  @Test func othersAreMoved() throws {
    #expect(try staysInPlace(left(image(channels: 3, outputs: 32, pads: false))))
    #expect(try !staysInPlace(left(image(channels: 5, outputs: 32))))
    #expect(try !staysInPlace(left(image(channels: 3, outputs: 8))))
    #expect(try !staysInPlace(left(image(channels: 3, outputs: 32, isRead: true))))
    #expect(try !staysInPlace(left(image(channels: 3, outputs: 32), .generic)))
  }

  /// `shape` with its axes in another order, flattened behind the first ones, and a product.
  private func product(_ shape: [Int], _ order: [Int], rows: Int) throws -> Graph {
    var generator = SeededGenerator(5)
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, Shape(shape)))
    let inner = shape.reduce(1, *) / rows
    let flat = try graph.add(Reshape([rows, inner]), [try graph.add(Transpose(order), [x])[0]])[0]
    let weights = graph.addConstant("w", Tensor.random(.float32, [inner, 4], using: &generator))
    graph.addOutput("y", try graph.add(MatMul(), [flat, weights])[0])
    return graph
  }

  @Test(arguments: [([1, 3, 2, 5], [0, 3, 1, 2], 1), ([2, 3, 2, 5], [0, 3, 1, 2], 2), ([2, 3, 4, 2, 3], [0, 1, 4, 2, 3], 6)])
  func rowsOfWeightsArePermutedInstead(shape: [Int], order: [Int], rows: Int) throws {
    let graph = try product(shape, order, rows: rows)
    var changed = graph
    try GraphPass.permuteWeights.run(on: &changed)
    #expect(changed.nodes.map(\.op.name) == ["reshape", "matmul"])
    var generator = SeededGenerator(2)
    let x = Tensor.random(.float32, shape, using: &generator)
    #expect(try distance(Interpreter(graph).outputs([x])[0], Interpreter(changed).outputs([x])[0]) < 1e-6)
  }

  @Test func rowsThatMoveAreNotTouched() throws {
    var graph = try product([2, 3, 2, 5], [1, 0, 2, 3], rows: 3)
    try GraphPass.permuteWeights.run(on: &graph)
    #expect(graph.nodes.map(\.op.name) == ["transpose", "reshape", "matmul"])
  }
}
