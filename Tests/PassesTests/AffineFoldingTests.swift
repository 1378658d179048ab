import GraphIR
import LoopIR
import Operators
import Passes
import Tensors
import TestSupport
import Testing

@Suite struct AffineFoldingTests {
  @Test func batchNormalisationGoesIntoTheWeightsOfAConvolution() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [1, 4, 4, 2])
    let (w, b) = (sketch.constant("w", [1, 1, 2, 3], [1, 2, 3, 4, 5, 6]), sketch.constant("b", [3], [1, 1, 1]))
    let product = try sketch.add("conv", Convolution(), x, w, b)
    let (scale, offset) = (sketch.constant("scale", [3], [2, 3, 4]), sketch.constant("offset", [1, 1, 3], [10, 20, 30]))
    sketch.output(try sketch.map("norm", x0 * x1 + x2, product, scale, offset))
    try GraphPass.foldScalesBehind.run(on: &sketch.graph)
    let node = sketch.graph.nodes[0]
    #expect(sketch.graph.nodes.count == 1 && sketch.graph[node.outputs[0]].name == "norm")
    let constants = node.inputs.dropFirst().map { $0.flatMap { sketch.graph.constants[$0]?.floats } }
    #expect(constants == [[2, 6, 12, 8, 15, 24], [12, 23, 34]])
  }

  @Test func aScaleBehindAnOffsetBehindAProductLeavesOneSum() throws {
    var sketch = Sketch()
    let product = try sketch.add("product", MatMul(), sketch.input("x", [2, 2]), sketch.constant("w", [2, 2], [1, 2, 3, 4]))
    let biased = try sketch.map("biased", x0 + x1, product, sketch.constant("b", [2], [1, 2]))
    sketch.output(try sketch.map("y", x0 / x1, biased, sketch.constant("d", [2], [2, 4])))
    try GraphPass.foldScalesBehind.run(on: &sketch.graph)
    #expect(sketch.graph.nodes.map(\.label) == ["matmul", "add"])
    #expect(sketch.graph.constants.values.map(\.floats).contains([0.5, 0.5, 1.5, 1]))
    #expect(sketch.graph.constants.values.map(\.floats).contains([0.5, 0.5]))
  }

  @Test func anOffsetBeforePaddingStays() throws {
    for (pads, kept) in [([], 1), ([1], 2)] {
      var sketch = Sketch()
      let x = sketch.input("x", [1, 4, 2])
      let shifted = try sketch.map("shifted", (x0 - x1) * .constant(0.5, .float32), x, sketch.constant("mean", [2], [1, 2]))
      let window = SlidingWindow(padsBefore: pads)
      sketch.output(try sketch.add("y", Convolution(window), shifted, sketch.constant("w", [2, 2, 1], [1, 2, 3, 4])))
      #expect(try sketch.nodes(after: .foldScalesBefore).count == kept)
    }
  }

  @Test func sharedWeightsAreNotStoredTwice() throws {
    var sketch = Sketch()
    let (w, scale) = (sketch.constant("w", [2, 2]), sketch.constant("scale", [2], [3, 4]))
    for name in ["x", "z"] {
      let product = try sketch.add("product", MatMul(), sketch.input(name, [2, 2]), w)
      sketch.output(try sketch.map("y", x0 * x1, product, scale))
    }
    #expect(try sketch.nodes(after: .foldScalesBehind).count == 4)
  }

  @Test func aScaleThatVariesWithinAChannelStays() throws {
    var sketch = Sketch()
    let product = try sketch.add("product", MatMul(), sketch.input("x", [2, 2]), sketch.constant("w", [2, 2]))
    sketch.output(try sketch.map("y", x0 * x1, product, sketch.constant("scale", [2, 2], [1, 2, 3, 4])))
    #expect(try sketch.nodes(after: .foldScalesBehind).count == 2)
  }
}
