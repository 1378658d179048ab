import GraphIR
import LoopIR
import Operators
import Passes
import Tensors
import Testing

@Suite struct FusionTests {
  @Test func aDiamondOfMapsBecomesOne() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [4])
    let sum = try sketch.map("sum", x0 + x1, x, sketch.input("z", [4]))
    let (left, right) = (try sketch.map("left", .unary(.tanh, x0), sum), try sketch.map("right", relu, sum))
    sketch.output(try sketch.map("y", x0 * x1, left, right))
    #expect(
      try sketch.nodes(after: .fuseMaps) == ["%y: float32[4] = map(%x, %z) [(tanh((x0 + x1)) * maximum((x0 + x1), 0.0))]"])
  }

  @Test func nothingCostlyIsComputedTwice() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [4])
    let exponential = try sketch.map("e", .unary(.exp, x0), x)
    sketch.output(try sketch.map("y", x0 * x0, exponential))
    let small = try sketch.map("small", .unary(.exp, x0), sketch.input("s", [1]))
    sketch.output(try sketch.map("z", x0 * x1, small, x))
    #expect(try sketch.nodes(after: .fuseMaps).count == 4)
  }

  @Test func whatOthersReadStays() throws {
    var sketch = Sketch()
    let doubled = try sketch.map("doubled", x0 + x0, sketch.input("x", [4]))
    sketch.output(doubled)
    sketch.output(try sketch.map("y", relu, doubled))
    #expect(try sketch.nodes(after: .fuseMaps).count == 2)
  }

  @Test func biasResidualAndActivationBecomeAnEpilogue() throws {
    var sketch = Sketch()
    let (x, skip) = (sketch.input("x", [3, 4]), sketch.input("skip", [3, 5]))
    let product = try sketch.add("product", MatMul(), x, sketch.constant("w", [4, 5]))
    let biased = try sketch.map("biased", x0 + x1, product, sketch.constant("b", [5]))
    let sum = try sketch.map("sum", x0 + x1, skip, biased)
    sketch.output(try sketch.map("y", relu, sum))
    #expect(
      try sketch.nodes(after: .fuseEpilogues) == [
        "%y: float32[3, 5] = matmul(%x, %w) {transpose_a=false, transpose_b=false, widens=false, zero_a=0, zero_b=0} "
          + "then [maximum((x2 + (x0 + x1)), 0.0)](%b, %skip)"
      ])
    try GraphPass.fuseEpilogues.run(on: &sketch.graph)
    #expect(sketch.graph.nodes[0].label == "matmul+add+add+relu")
  }

  @Test func ofTwoProductsTheLaterTakesTheSum() throws {
    var sketch = Sketch()
    let (x, w) = (sketch.input("x", [3, 4]), sketch.constant("w", [4, 5]))
    let first = try sketch.add("first", MatMul(), x, w)
    let second = try sketch.add("second", MatMul(), sketch.input("z", [3, 4]), w)
    sketch.output(try sketch.map("y", x0 - x1, first, second))
    let nodes = try sketch.nodes(after: .fuseEpilogues)
    #expect(nodes.count == 2)
    #expect(nodes[1].hasSuffix("then [(x1 - x0)](%first)"))
  }

  @Test func graphsInsideOperatorsAreTransformed() throws {
    var body = Graph(name: "step")
    let ids = ["s", "x"].map { body.addInput($0, TensorType(.float32, [3])) }
    let sum = try body.add(Map(ElementwiseBody(x0 + x1), inputCount: 2), ids)
    let next = try body.add(Map(ElementwiseBody(.unary(.tanh, x0)), inputCount: 1), sum)
    for name in ["s", "all"] { body.addOutput(name, next[0]) }
    var sketch = Sketch()
    sketch.output(try sketch.add("y", Scan(body, carried: 1, sequences: 1), sketch.input("s", [3]), sketch.input("x", [4, 3])))
    try GraphPass.fuseMaps.run(on: &sketch.graph)
    guard case .scan(let fused, _, _, _) = sketch.graph.nodes[0].op.control else { throw Diagnostic("the scan is gone") }
    #expect(fused.nodes.map(\.label) == ["add+tanh"])
  }

  @Test func aRecurrentLayerTakesAnActivationWhereItsStatesAreNotRead() throws {
    for readsState in [false, true] {
      var sketch = Sketch()
      let inputs = [sketch.input("x", [2, 3, 8]), sketch.constant("r", [2, 8])]
      let outputs = try sketch.graph.add(LSTM(), inputs, name: "lstm")
      sketch.output(try sketch.map("y", relu, outputs[0]))
      if readsState { sketch.output(outputs[2]) }
      #expect(try sketch.nodes(after: .fuseEpilogues).count == (readsState ? 2 : 1))
    }
  }

  @Test func aMapThatWidensIsNoEpilogue() throws {
    var sketch = Sketch()
    let product = try sketch.add("product", MatMul(), sketch.input("x", [1, 4]), sketch.constant("w", [4, 5]))
    sketch.output(try sketch.map("y", x0 + x1, product, sketch.input("z", [3, 5])))
    #expect(try sketch.nodes(after: .fuseEpilogues).count == 2)
  }
}
