import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct BlockFoldTests {
  /// What `Fold` makes of the same windows.
  @Test(arguments: FoldTests.cases)
  func isTheFoldOfTheSameWindows(sample: FoldTests.Case) throws {
    let dims = try sample.type(.float64).shape.constants ?? []
    let axes = sample.size.count
    let windows = mixed(dims, .float64)
    let folded = try result(Fold(size: Shape(sample.size), sample.window), [windows])
    let expected = try result(Transpose([0, axes + 1] + Array(1...axes)), [folded])
    let rows = try result(Transpose([0, 2 * axes + 1] + Array(axes + 1..<2 * axes + 1) + Array(1...axes)), [windows])
    let columns = rows.reshaped([dims[0], dims[2 * axes + 1] * sample.kernel.reduce(1, *), dims[1...axes].reduce(1, *)])
    let inputs = [columns, Tensor(.int64, [axes], integers: sample.kernel.map { Int64($0) })]
    let op = BlockFold(channels: dims[2 * axes + 1], size: sample.size, sample.window)
    #expect(try distance(result(op, inputs), expected) < 1e-12)
    #expect(try distance(LoweredNode(op, inputs.map(\.type)).run(inputs)[0], expected) < 1e-12)
  }

  @Test(arguments: [[1, 6], [6, 1], [2, 3], [0, 9], [-1, 3], [.max, .min], [7, 7]] as [[Int64]])
  func survivesAnyTaps(taps: [Int64]) throws {
    let given = Tensor(.int64, [2], integers: taps)
    let window = SlidingWindow(strides: [2, 1], dilations: [1, 2], padsBefore: [1, 0], padsAfter: [0, 2])
    let op = BlockFold(channels: 2, size: [3, 4], window)
    for dtype in [DType.float64, .int16] {
      try expectAgreement(op, [TensorType(dtype, [2, 12, 5]), given.type], within: 1e-12, inputs: [1: given])
      try expectAgreement(
        op, [TensorType(dtype, [batch, 12, time]), given.type], within: 1e-12, inputs: [1: given], dims: ["B": 1, "T": 7])
    }
  }

  @Test func refusesWhatHasNoMeaning() {
    let (x, taps) = (TensorType.floats([1, 6, 4]), TensorType(.int64, [2]))
    #expect(throws: Diagnostic.self) { try BlockFold(channels: 4, size: [3, 3]).infer([x, taps]) }
    #expect(throws: Diagnostic.self) { try BlockFold(channels: 0, size: [3, 3]).infer([x, taps]) }
    #expect(throws: Diagnostic.self) { try BlockFold(channels: 2, size: [3]).infer([x, taps]) }
    #expect(throws: Diagnostic.self) { try BlockFold(channels: 2, size: [3, 0]).infer([x, taps]) }
    #expect(throws: Diagnostic.self) { try BlockFold(channels: 2, size: [3, 3]).infer([x, .floats([2])]) }
    #expect(throws: Diagnostic.self) { try BlockFold(channels: 2, size: [3, 3]).infer([.floats([6, 4]), taps]) }
  }
}
