import GraphIR
import LoopIR
import Operators
import Passes
import Tensors
import TestSupport
import Testing

@Suite struct MovementTests {
  @Test func transposesThatCancelGo() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [2, 3, 4])
    let there = try sketch.add("there", Transpose([2, 0, 1]), x)
    let back = try sketch.add("back", Transpose([1, 2, 0]), there)
    sketch.output(try sketch.map("y", relu, back))
    #expect(
      try sketch.nodes(after: .mergeMovements, .removeDeadNodes) == ["%y: float32[2, 3, 4] = map(%x) [maximum(x0, 0.0)]"])
  }

  @Test func transposesAreComposed() throws {
    var sketch = Sketch()
    let first = try sketch.add("first", Transpose([1, 0, 2]), sketch.input("x", [2, 3, 4]))
    sketch.output(try sketch.add("y", Transpose([0, 2, 1]), first))
    #expect(
      try sketch.nodes(after: .mergeMovements, .removeDeadNodes) == [
        "%y: float32[3, 4, 2] = transpose(%x) {permutation=[1, 2, 0], in_place=false}"
      ])
  }

  @Test func aTransposeThatMovesNothingIsAReshapeAndMergesWithOne() throws {
    var sketch = Sketch()
    let moved = try sketch.add("moved", Transpose([1, 0, 2]), sketch.input("x", [1, 3, 4]))
    sketch.output(try sketch.add("y", Reshape([12]), moved))
    let nodes = try sketch.nodes(after: .mergeMovements, .removeDeadNodes)
    #expect(nodes.count == 1 && nodes[0].hasPrefix("%y: float32[12] = reshape(%x)"))
  }

  @Test func transposesSinkThroughASumOfTwoTransposedAlike() throws {
    var sketch = Sketch()
    let a = try sketch.add("a", Transpose([1, 0]), sketch.input("x", [2, 3]))
    let b = try sketch.add("b", Transpose([1, 0]), sketch.input("z", [2, 3]))
    let sum = try sketch.map("sum", x0 + x1 * x2, a, b, sketch.constant("c", [2]))
    sketch.output(try sketch.add("y", Transpose([1, 0]), sum))
    let nodes = try sketch.nodes(after: .sinkMovements, .mergeMovements, .removeDeadNodes)
    #expect(nodes == ["%sum.unmoved: float32[2, 3] = map(%x, %z, %c_1_1) [(x0 + (x1 * x2))]"])
  }

  @Test func transposesSinkThroughConcatenationsPaddingsAndReductions() throws {
    var sketch = Sketch()
    let a = try sketch.add("a", Transpose([0, 3, 1, 2]), sketch.input("x", [1, 4, 5, 2]))
    let b = try sketch.add("b", Transpose([0, 3, 1, 2]), sketch.input("z", [1, 4, 5, 3]))
    let joined = try sketch.add("joined", Concatenate(axis: 1), a, b)
    let padded = try sketch.add("padded", Pad(before: [0, 0, 1, 2], after: [0, 0, 3, 4]), joined)
    sketch.output(try sketch.add("y", Reduce(.mean, axes: [2, 3]), padded))
    let nodes = try sketch.nodes(after: .sinkMovements, .mergeMovements, .removeDeadNodes)
    #expect(nodes.count == 3 && !nodes.contains { $0.contains("= transpose(") })
    #expect(nodes[0].contains("axis=3") && nodes[1].contains("before=[0, 1, 2, 0]") && nodes[2].contains("axes=[1, 2]"))
  }

  /// The residual branch of a network whose convolutions have another order of axes than its sums.
  @Test func aTransposeThatOthersReadSinksWhereItIsUndone() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [1, 4, 5, 2])
    let first = try sketch.add("first", Transpose([0, 3, 1, 2]), x)
    let back = try sketch.add("back", Transpose([0, 2, 3, 1]), first)
    let layer = try sketch.add("layer", MatMul(), back, sketch.constant("w", [2, 2]))
    let there = try sketch.add("there", Transpose([0, 3, 1, 2]), layer)
    let sum = try sketch.map("sum", maximum(x0 + x1, .constant(0, .float32)), first, there)
    sketch.output(try sketch.add("y", Transpose([0, 2, 3, 1]), sum))
    let nodes = try sketch.nodes(after: .mergeMovements, .sinkMovements, .mergeMovements, .removeDeadNodes)
    #expect(nodes.count == 2 && !nodes.contains { $0.contains("= transpose(") })
  }

  @Test func aTransposeThatOthersReadStaysWhereNothingUndoesIt() throws {
    var sketch = Sketch()
    let moved = try sketch.add("moved", Transpose([1, 0]), sketch.input("x", [2, 3]))
    sketch.output(moved)
    sketch.output(try sketch.map("y", relu, moved))
    let nodes = try sketch.nodes(after: .sinkMovements, .removeDeadNodes)
    #expect(nodes.filter { $0.contains("transpose") }.count == 1)
  }

  @Test func aReshapeGivesWayToABias() throws {
    var sketch = Sketch()
    let product = try sketch.add("product", MatMul(), sketch.input("x", [6, 4]), sketch.constant("w", [4, 5]))
    let shaped = try sketch.add("shaped", Reshape([2, 3, 5]), product)
    sketch.output(try sketch.map("y", x0 + x1, shaped, sketch.constant("b", [5])))
    let nodes = try sketch.nodes(after: .sinkMovements, .fuseEpilogues)
    #expect(nodes.count == 2)
    #expect(nodes[0].hasSuffix("then [(x0 + x1)](%b)"))
    #expect(nodes[1].hasPrefix("%y: float32[2, 3, 5] = reshape("))
  }

  @Test func aBiasAcrossTheReshapedAxesKeepsItInPlace() throws {
    var sketch = Sketch()
    let shaped = try sketch.add("shaped", Reshape([2, 3, 5]), sketch.input("x", [6, 5]))
    sketch.output(try sketch.map("y", x0 + x1, shaped, sketch.constant("b", [3, 1])))
    #expect(try sketch.nodes(after: .sinkMovements).count == 2)
    #expect(try sketch.nodes(after: .sinkMovements)[0].hasPrefix("%shaped"))
  }

  @Test func transposesBecomeFlagsOfAProduct() throws {
    var sketch = Sketch()
    let keys = try sketch.add("keys", Transpose([0, 2, 1]), sketch.input("k", [2, 3, 4]))
    sketch.output(try sketch.add("scores", MatMul(), sketch.input("q", [2, 3, 4]), keys))
    #expect(
      try sketch.nodes(after: .orientProducts, .removeDeadNodes) == [
        "%scores: float32[2, 3, 3] = matmul(%q, %k) {transpose_a=false, transpose_b=true, widens=false, zero_a=0, zero_b=0}"
      ])
  }

  @Test func manyRowsTakeARightSideThatIsTransposedBefore() throws {
    var sketch = Sketch()
    let product = try sketch.add("y", MatMul(transposeB: true), sketch.input("q", [2, 16, 4]), sketch.input("k", [2, 17, 4]))
    sketch.output(product)
    let nodes = try sketch.nodes(after: .orientProducts)
    #expect(nodes.count == 2 && nodes[0].contains("transpose(%k)") && nodes[1].contains("transpose_b=false"), "\(nodes)")
    var few = Sketch()
    few.output(try few.add("y", MatMul(transposeB: true), few.input("q", [2, 15, 4]), few.input("k", [2, 17, 4])))
    #expect(try few.nodes(after: .orientProducts).count == 1)
  }

  @Test func weightsOfSeveralLayersAreStoredUntransposed() throws {
    var sketch = Sketch()
    let w = sketch.constant("w", [3, 3])
    let first = try sketch.add("first", MatMul(transposeB: true), sketch.input("x", [2, 3]), w)
    sketch.output(try sketch.add("y", MatMul(transposeB: true), first, w))
    #expect(try sketch.nodes(after: .orientProducts).allSatisfy { $0.contains("transpose_b=false") })
  }

  @Test(arguments: [([0], true), ([-1], true), ([1, 2], true), ([2, 1], false), ([3], false), ([0, 2], false)] as [([Int64], Bool)])
  func gathersOfARangeAreSlices(positions: [Int64], isRange: Bool) throws {
    var sketch = Sketch()
    let indices = sketch.graph.addConstant("i", Tensor(.int64, [positions.count], integers: positions))
    sketch.output(try sketch.add("y", Gather(axis: 1), sketch.input("x", [2, 3, 4]), indices))
    let nodes = try sketch.nodes(after: .sliceGathers)
    #expect(nodes.contains { $0.contains("slice(%x)") } == isRange, "\(nodes)")
  }

  @Test func knownRightSidesAreStoredUntransposed() throws {
    var sketch = Sketch()
    let w = sketch.constant("w", [2, 3], [1, 2, 3, 4, 5, 6])
    sketch.output(try sketch.add("y", MatMul(transposeB: true), sketch.input("x", [2, 3]), w))
    try GraphPass.orientProducts.run(on: &sketch.graph)
    let weights = sketch.graph.nodes[0].inputs[1].flatMap { sketch.graph.constants[$0] }
    #expect(weights == Tensor(floats: [1, 4, 2, 5, 3, 6], [3, 2]))
  }

  @Test func manyMatricesTimesOneBecomeOneTallMatrix() throws {
    var sketch = Sketch()
    let x = sketch.input("x", shape: [.symbol("B"), 7, 4])
    sketch.graph.dims["B"] = 1...9
    let product = try sketch.add("product", MatMul(), x, sketch.constant("w", [4, 5]))
    let biased = try sketch.map("biased", x0 + x1, product, sketch.constant("b", [1, 1, 5]))
    sketch.output(try sketch.map("y", x0 + x1, biased, sketch.input("skip", shape: [.symbol("B"), 7, 5])))
    let nodes = try sketch.nodes(after: .fuseEpilogues, .collapseBatches)
    #expect(nodes.count == 4)
    #expect(nodes.contains { $0.hasPrefix("%y.rows: float32[7*B, 5] = matmul(") })
    #expect(nodes.last?.hasPrefix("%y: float32[B, 7, 5] = reshape(%y.rows)") == true)
    var after = sketch.graph
    for pass in [GraphPass.fuseEpilogues, .collapseBatches] { try pass.run(on: &after) }
    var generator = SeededGenerator(1)
    let inputs = [[3, 7, 4], [3, 7, 5]].map { Tensor.random(.float32, $0, using: &generator) }
    let expected = try Interpreter(sketch.graph, precision: .typed).outputs(inputs)
    #expect(try Interpreter(after, precision: .typed).outputs(inputs) == expected)
  }

  @Test func transpositionsStayBeforeOperandsOfHigherRank() throws {
    var sketch = Sketch()
    let matrix = try sketch.add("t", Transpose([1, 0]), sketch.input("x", [3, 2]))
    sketch.output(try sketch.map("y", x0 + x1, matrix, sketch.input("z", [4, 2, 3])))
    #expect(try sketch.nodes(after: .sinkMovements).first?.contains("transpose(%x)") == true)
  }
}
