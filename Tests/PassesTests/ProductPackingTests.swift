import GraphIR
import LoopIR
import Operators
import Passes
import Targets
import Tensors
import TestSupport
import Testing

@Suite struct ProductPackingTests {
  /// A product with known weights, scaled back to bytes by an epilogue.
  private func layer(_ op: any Operator, _ input: [Int], _ weights: [Int], _ dtype: DType = .uint8) throws -> Graph {
    var generator = SeededGenerator(11)
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(dtype, Shape(input)))
    let w = graph.addConstant(
      "w", Tensor(.int8, weights, integers: (0..<weights.reduce(1, *)).map { _ in Int64.random(in: -128...127, using: &generator) }))
    let scaled = Expr.binary(.multiplyHigh, ElementwiseBody.input(0, .int32), .int(30_000_000, .int32))
    let body = Expr.cast(.uint8, .binary(.minimum, .binary(.maximum, scaled, .int(0, .int32)), .int(255, .int32)))
    let sums = try graph.add(op, [x, w])[0]
    graph.addOutput("y", try graph.add(Map(ElementwiseBody(body), inputCount: 1), [sums])[0])
    return graph
  }

  private static let padded = SlidingWindow(strides: [1, 2], padsBefore: [1, 0], padsAfter: [0, 1])

  static let cases: [(op: any Operator, input: [Int], weights: [Int])] = [
    (MatMul(widens: true), [3, 64], [64, 40]), (MatMul(transposeB: true, widens: true), [2, 3, 22], [33, 22]),
    (Convolution(padded, widens: true), [1, 9, 16, 3], [3, 5, 3, 37]), (Convolution(widens: true), [2, 7, 9, 8], [1, 1, 8, 64]),
    (Convolution(padded, widens: true), [1, 8, 8, 12], [3, 3, 12, 10]), (Convolution(widens: true), [1, 9, 8, 1], [3, 3, 1, 6]),
    (Convolution(padded, widens: true), [2, 6, 8, 2], [2, 1, 2, 19]),
  ]

  @Test(arguments: cases.indices) func packedProductsAreTheSame(position: Int) throws {
    let (op, input, weights) = Self.cases[position]
    let graph = try layer(op, input, weights)
    for target in [Target.x86v3, .x86v4] {
      var changed = graph
      try Pipeline.standard(PipelineOptions(target: target)).run(on: &changed)
      #expect(changed.defects().isEmpty && changed.nodes.contains { $0.op is PackedProduct }, "\(changed)")
      var generator = SeededGenerator(2)
      let count = input.reduce(1, *)
      let x = Tensor(.uint8, input, integers: (0..<count).map { _ in Int64.random(in: 0...255, using: &generator) })
      #expect(try Interpreter(graph).outputs([x]) == Interpreter(changed).outputs([x]))
    }
  }

  /// Products of two values of bytes, by head, with zeros that are and are not those of the codes.
  @Test(arguments: [(0, 128), (7, 128), (0, 3), (130, 200)], [false, true])
  func productsOfValuesAreTheSame(zeros: (Int, Int), transposed: Bool) throws {
    for (a, b) in [([2, 3, 5, 7], [3, 7, 5]), ([4, 9, 64], [4, 64, 33]), ([5, 4], [4, 1])] {
      var graph = Graph(name: "net")
      let x = graph.addInput("x", TensorType(.uint8, Shape(a)))
      let last = transposed ? [b[b.count - 1], b[b.count - 2]] : Array(b.suffix(2))
      let y = graph.addInput("y", TensorType(.uint8, Shape(b.dropLast(2) + last)))
      let op = MatMul(transposeB: transposed, widens: true, zeroA: zeros.0, zeroB: zeros.1)
      let sums = try graph.add(op, [x, y], name: "sums")[0]
      let shifted = Expr.binary(.multiplyHigh, ElementwiseBody.input(0, .int32), .int(1 << 30, .int32))
      graph.addOutput("z", try graph.add(Map(ElementwiseBody(shifted), inputCount: 1), [sums], name: "z")[0])
      try GraphPass.fuseEpilogues.run(on: &graph)
      var changed = graph
      try GraphPass.packProducts(for: .x86v4).run(on: &changed)
      #expect(changed.defects().isEmpty && changed.nodes.contains { $0.op is GroupedColumns }, "\(changed)")
      var generator = SeededGenerator(2)
      let inputs = graph.inputs.map { id in Tensor.random(.uint8, graph.type(id).shape.constants ?? [], .hard, using: &generator) }
      #expect(try Interpreter(graph).outputs(inputs) == Interpreter(changed).outputs(inputs))
    }
  }

  @Test func rowsThatBecameColumnsAreGroupedFromWhereTheyCome() throws {
    var graph = Graph(name: "net")
    let (x, y) = (graph.addInput("x", TensorType(.uint8, [2, 5, 8])), graph.addInput("y", TensorType(.uint8, [2, 6, 8])))
    let turned = try graph.add(Transpose([0, 2, 1]), [y], name: "turned")[0]
    graph.addOutput("z", try graph.add(MatMul(widens: true, zeroA: 9, zeroB: 128), [x, turned], name: "z")[0])
    var changed = graph
    try GraphPass.packProducts(for: .x86v4).run(on: &changed)
    #expect(changed.defects().isEmpty && !changed.nodes.contains { $0.op is Transpose }, "\(changed)")
    var generator = SeededGenerator(2)
    let inputs = graph.inputs.map { id in Tensor.random(.uint8, graph.type(id).shape.constants ?? [], .hard, using: &generator) }
    #expect(try Interpreter(graph).outputs(inputs) == Interpreter(changed).outputs(inputs))
  }

  @Test func otherProductsStayAsTheyAre() throws {
    for (graph, target) in [
      (try layer(MatMul(widens: true), [3, 64], [64, 40], .int8), Target.x86v4),
      (try layer(MatMul(widens: true), [3, 3], [3, 8]), .x86v4),
      (try layer(Convolution(groups: 2, widens: true), [1, 9, 9, 16], [3, 3, 8, 32]), .x86v4),
      (try layer(MatMul(widens: true), [3, 64], [64, 40]), .generic),
    ] {
      var changed = graph
      try GraphPass.packProducts(for: target).run(on: &changed)
      #expect(changed == graph)
    }
  }
}
