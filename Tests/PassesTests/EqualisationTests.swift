import GraphIR
import LoopIR
import Operators
import Tensors
import TestSupport
import Testing

@testable import Passes

struct EqualisationTests {
  /// Weights whose last axis reaches unequally far.
  private func uneven(_ dims: [Int], _ seed: UInt64) -> Tensor {
    var generator = SeededGenerator(seed)
    let even = Tensor.random(.float32, dims, .small, using: &generator)
    let channels = dims[dims.count - 1]
    return Tensor(.float32, dims, even.doubles.enumerated().map { $1 * Double(1 << ($0 % channels * 3 % 7)) })
  }

  /// A convolution with a bound, one of every channel, and a matrix product behind an average.
  private func sketch() throws -> Sketch {
    var sketch = Sketch()
    let x = sketch.input("x", [1, 9, 9, 3])
    let window = SlidingWindow(padsBefore: [1, 1], padsAfter: [1, 1])
    let first = try sketch.add(
      "first", Convolution(window), x, sketch.graph.addConstant("w", uneven([3, 3, 3, 8], 1)),
      sketch.graph.addConstant("b", uneven([8], 2)))
    let bounded = try sketch.map("bounded", minimum(relu, .constant(6, .float32)), first)
    let deep = try sketch.add(
      "deep", DepthwiseConvolution(window), bounded, sketch.graph.addConstant("d", uneven([3, 3, 8, 1], 3)))
    let biased = try sketch.map("biased", x0 + x1, deep, sketch.graph.addConstant("c", uneven([1, 1, 1, 8], 4)))
    let mean = try sketch.add("mean", Reduce(.mean, axes: [1, 2]), biased)
    sketch.output(try sketch.add("dense", MatMul(), mean, sketch.graph.addConstant("v", uneven([8, 5], 5))))
    try GraphPass.fuseEpilogues.run(on: &sketch.graph)
    return sketch
  }

  @Test func theNetworkComputesTheSame() throws {
    let graph = try sketch().graph
    var equalised = graph
    try GraphPass.equalise.run(on: &equalised)
    #expect(equalised != graph && equalised.defects().isEmpty)
    for seed in UInt64(0)..<4 {
      var generator = SeededGenerator(seed)
      let input = Tensor.random(.float32, [1, 9, 9, 3], .hard, using: &generator)
      let (before, after) = (try Interpreter(graph).outputs([input])[0], try Interpreter(equalised).outputs([input])[0])
      #expect(distance(before, after) < 1e-5, "seed \(seed)")
    }
  }

  @Test func weightsOnBothSidesReachEquallyFar() throws {
    var graph = try sketch().graph
    try GraphPass.equalise.run(on: &graph)
    let weights = graph.nodes.compactMap { node in node.isLayer ? node.inputs[1].flatMap { graph.constants[$0] } : nil }
    func peaks(_ tensor: Tensor, _ channel: (Int) -> Int) -> [Double] {
      tensor.doubles.enumerated().reduce(into: [Double](repeating: 0, count: 8)) { peaks, weight in
        peaks[channel(weight.offset)] = max(peaks[channel(weight.offset)], abs(weight.element))
      }
    }
    let (before, between, behind) = (peaks(weights[0]) { $0 % 8 }, peaks(weights[1]) { $0 % 8 }, peaks(weights[2]) { $0 / 5 })
    for channel in 0..<8 {
      #expect(abs(before[channel] / between[channel] - 1) < 0.05 && abs(between[channel] / behind[channel] - 1) < 0.05)
    }
  }

  /// What is added behind the layer would have to be scaled, too, and others read it as it is.
  @Test func valuesThatOthersReadStay() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [2, 8])
    let first = try sketch.add("first", MatMul(), x, sketch.graph.addConstant("w", uneven([8, 8], 1)))
    let sum = try sketch.map("sum", x0 + x1, first, x)
    sketch.output(try sketch.add("second", MatMul(), sum, sketch.graph.addConstant("v", uneven([8, 4], 2))))
    try GraphPass.fuseEpilogues.run(on: &sketch.graph)
    var graph = sketch.graph
    try GraphPass.equalise.run(on: &graph)
    #expect(graph == sketch.graph)
  }
}
