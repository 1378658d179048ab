import GraphIR
import LoopIR
import Operators
import Schedules
import Targets
import Tensors
import TestSupport
import Testing

/// Operators as they are in networks, small enough to be interpreted, and a strategy that each is expected to fall to.
private struct Sample: Sendable, CustomTestStringConvertible {
  var op: any Operator
  var types: [[Dim]]
  var strategy: String

  var testDescription: String { "\(op.name) \(types) \(strategy)" }
}

private let samples: [Sample] = [
  Sample(op: MatMul(), types: [[2, 5, 7], [7, 20]], strategy: "contraction"),
  Sample(op: MatMul(), types: [[2, 3, 5, 7], [2, 3, 7, 9]], strategy: "contraction"),
  Sample(op: MatMul(transposeB: true), types: [[2, 5, 24], [2, 6, 24]], strategy: "dot products"),
  Sample(op: MatMul(transposeB: true), types: [[2, 9, 24], [2, 18, 24]], strategy: "gathered contraction"),
  Sample(op: MatMul(transposeA: true), types: [[6, 5], [6, 19]], strategy: "contraction"),
  Sample(
    op: Convolution(SlidingWindow(padsBefore: [1, 1], padsAfter: [1, 1])), types: [[1, 6, 11, 3], [3, 3, 3, 18], [18]],
    strategy: "contraction"),
  Sample(op: Convolution(SlidingWindow(strides: [2]), groups: 2), types: [[2, 9, 4], [3, 2, 16]], strategy: "contraction"),
  Sample(
    op: DepthwiseConvolution(SlidingWindow(padsBefore: [1, 1], padsAfter: [1, 1])), types: [[1, 5, 9, 16], [3, 3, 16, 1]],
    strategy: "window"),
  Sample(op: Pool(.max, size: [2, 2], SlidingWindow(strides: [2, 2])), types: [[1, 6, 8, 12]], strategy: "window"),
  Sample(op: Pool(.average, size: [2, 2], SlidingWindow(strides: [2, 2])), types: [[1, 6, 8, 12]], strategy: "window"),
  Sample(op: Softmax(axis: -1), types: [[3, 21]], strategy: "reduction"),
  Sample(op: Normalise(axes: [-1], epsilon: 1e-3), types: [[3, 37], [37], [37]], strategy: "reduction"),
  Sample(op: Reduce(.sum, axes: [1]), types: [[2, 5, 16]], strategy: "window"),
  Sample(op: LSTM(), types: [[1, 3, 32], [8, 32]], strategy: "contraction"),
  Sample(op: GRU(), types: [[1, 3, 24], [8, 24]], strategy: "contraction"),
  Sample(op: SimpleRNN(), types: [[1, 3, 8], [8, 8]], strategy: "contraction"),
  // Read up and down, in several chains, and with units that fill no vectors.
  Sample(op: LSTM(), types: [[1, 3, 256], [64, 256]], strategy: "contraction"),
  Sample(op: GRU(), types: [[2, 2, 51], [17, 51]], strategy: "contraction"),
  Sample(op: SimpleRNN(), types: [[1, 2, 65], [65, 65]], strategy: "contraction"),
  Sample(op: Concatenate(axis: -1), types: [[2, 8], [2, 16]], strategy: "elementwise"),
]

@Test(arguments: samples.indices, Target.all) func scheduledOperatorsKeepTheirMeaning(position: Int, target: Target) throws {
  let sample = samples[position]
  let node = try LoweredNode(sample.op, sample.types.map { TensorType(.float32, $0) })
  let scheduled = schedule(node.kernel, for: target)
  if target == .x86v4 {
    #expect(scheduled.notes.contains { $0.hasSuffix(": " + sample.strategy) }, "\(sample.testDescription): \(scheduled)")
  }
  for seed in UInt64(0)..<2 {
    var generator = SeededGenerator(seed)
    let inputs = sample.types.map { Tensor.random(.float32, $0.constants ?? [], seed == 0 ? .small : .hard, using: &generator) }
    let expected = try node.run(inputs)
    for (a, b) in zip(try node.run(inputs, kernel: scheduled), expected) { #expect(distance(a, b) < 1e-5, "seed \(seed): \(scheduled)") }
  }
}
