import GraphIR
import LoopIR
import Operators
import Tensors
import TestSupport
import Testing

private struct Shape4: Sendable, CustomTestStringConvertible {
  var input: [Int]
  var taps: [Int] = []
  var window = SlidingWindow()
  var outputs: Int
  var testDescription: String { "\(input) \(taps) \(outputs)" }
}

@Suite struct PackedProductTests {
  private static let cases: [Shape4] = [
    .init(input: [3, 4], outputs: 1),
    .init(input: [2, 3, 11], outputs: 5),
    .init(input: [1, 5, 6, 8], taps: [3, 3], outputs: 3),
    .init(input: [2, 5, 7, 3], taps: [3, 2], window: SlidingWindow(strides: [2, 1]), outputs: 4),
    .init(input: [1, 6, 9, 1], taps: [2, 5], outputs: 2),
    .init(input: [1, 9, 4], taps: [3], window: SlidingWindow(strides: [2], dilations: [3]), outputs: 2),
    .init(input: [1, 9, 6], taps: [3], window: SlidingWindow(dilations: [2]), outputs: 2),
    .init(input: [1, 3, 4, 5, 2], taps: [2, 1, 3], outputs: 2),
  ]

  /// Weights `[taps…, C, K]`, and the same as the operator reads them.
  private func weights(_ sample: Shape4) throws -> (plain: Tensor, packed: Tensor) {
    var generator = SeededGenerator(3)
    let channels = sample.input.last ?? 1
    let dims = sample.taps + [channels, sample.outputs]
    let plain = Tensor(.int8, dims, integers: (0..<dims.reduce(1, *)).map { _ in Int64.random(in: -128...127, using: &generator) })
    let packing = try #require(Packing(channels: channels, taps: sample.taps, window: sample.window))
    let firsts = packing.taps.reduce(1, *)
    var numbers = [Int64](repeating: 0, count: firsts * packing.groups * 4 * sample.outputs)
    for first in 0..<firsts {
      for group in 0..<packing.groups {
        for element in 0..<4 where packing.start(group) + element >= 4 * group {
          for k in 0..<sample.outputs {
            let from = (first * packing.run + packing.start(group) + element) * sample.outputs + k
            numbers[((first * packing.groups + group) * sample.outputs + k) * 4 + element] = plain.integers[from]
          }
        }
      }
    }
    return (plain, Tensor(.int8, packing.extents + [4 * sample.outputs], integers: numbers))
  }

  @Test(arguments: cases) private func isTheProductOfItsWeights(sample: Shape4) throws {
    var generator = SeededGenerator(5)
    let x = Tensor(
      .uint8, sample.input, integers: (0..<sample.input.reduce(1, *)).map { _ in Int64.random(in: 0...255, using: &generator) })
    let (plain, packed) = try weights(sample)
    let bias = Tensor(.int32, [sample.outputs], integers: (0..<sample.outputs).map { Int64($0 * 1000 - 5) })
    let direct: any Operator = sample.taps.isEmpty ? MatMul(widens: true) : Convolution(sample.window, widens: true)
    let actual = try PackedProduct(taps: sample.taps, window: sample.window).evaluate([x, packed] + (sample.taps.isEmpty ? [] : [bias]))
    #expect(try direct.evaluate([x, plain] + (sample.taps.isEmpty ? [] : [bias])) == actual)
  }

  @Test(arguments: cases, [false, true]) private func lowersToItsMeaning(sample: Shape4, hasBias: Bool) throws {
    let packed = try weights(sample).packed
    let types = [TensorType(.uint8, Shape(sample.input)), packed.type] + (hasBias ? [TensorType(.int32, [Dim(sample.outputs)])] : [])
    for draw in Draw.allCases {
      let op = PackedProduct(taps: sample.taps, window: sample.window)
      #expect(try disagreement(op, types, seed: 3, draw: draw, inputs: [1: packed]) == 0, "\(draw)")
    }
  }

  @Test(
    arguments: [([3, 5, 7], [3, 7, 4]), ([2, 3, 2, 12], [3, 12, 5]), ([2, 3, 4, 5], [2, 1, 5, 1]), ([2, 6, 4], [1, 4, 9])], [false, true])
  func eachMatrixHasItsOwnSecondFactor(shapes: ([Int], [Int]), transposed: Bool) throws {
    var generator = SeededGenerator(8)
    func bytes(_ dims: [Int]) -> Tensor {
      Tensor(.uint8, dims, integers: (0..<dims.reduce(1, *)).map { _ in Int64.random(in: 0...255, using: &generator) })
    }
    let last = Array(shapes.1.suffix(2))
    let (x, y) = (bytes(shapes.0), bytes(shapes.1.dropLast(2) + (transposed ? last.reversed() : last)))
    let grouped = try GroupedColumns(transposed: transposed).evaluate([y])[0]
    let expected = try MatMul(transposeB: transposed, widens: true, zeroB: 128).evaluate([x, y])
    #expect(try PackedProduct().evaluate([x, grouped]) == expected)
    for draw in Draw.allCases {
      #expect(try disagreement(PackedProduct(), [x.type, grouped.type], seed: 3, draw: draw, inputs: [1: grouped]) == 0, "\(draw)")
      #expect(try disagreement(GroupedColumns(transposed: transposed), [y.type], seed: 3, draw: draw) == 0, "\(draw)")
    }
  }

  /// Weights `[taps…, C, K]` of bfloat16, and the same as the operator reads them.
  private func halves(_ sample: Shape4) throws -> (plain: Tensor, packed: Tensor) {
    var generator = SeededGenerator(6)
    let channels = sample.input.last ?? 1
    let plain = Tensor.random(.bfloat16, sample.taps + [channels, sample.outputs], using: &generator)
    let packing = try #require(Packing(channels: channels, taps: sample.taps, window: sample.window, .bfloat16))
    var numbers = [Double](repeating: 0, count: packing.extents.reduce(1, *) * 2 * sample.outputs)
    let values = plain.doubles
    for first in 0..<packing.taps.reduce(1, *) {
      for group in 0..<packing.groups {
        for element in 0..<2 where packing.start(group) + element >= 2 * group {
          for k in 0..<sample.outputs {
            let from = (first * packing.run + packing.start(group) + element) * sample.outputs + k
            numbers[((first * packing.groups + group) * sample.outputs + k) * 2 + element] = values[from]
          }
        }
      }
    }
    return (plain, Tensor(.bfloat16, packing.extents + [2 * sample.outputs], numbers))
  }

  @Test(arguments: cases + [.init(input: [3, 7], outputs: 3)], [false, true])
  private func pairsOfHalvesAreSummedInFloats(sample: Shape4, hasBias: Bool) throws {
    var generator = SeededGenerator(5)
    let x = Tensor.random(.bfloat16, sample.input, using: &generator)
    let (plain, packed) = try halves(sample)
    let bias = sample.taps.isEmpty || !hasBias ? [] : [Tensor.random(.float32, [sample.outputs], using: &generator)]
    let direct: any Operator = sample.taps.isEmpty ? MatMul(widens: true) : Convolution(sample.window, widens: true)
    let op = PackedProduct(taps: sample.taps, window: sample.window)
    let (expected, actual) = (try direct.evaluate([x, plain] + bias)[0], try op.evaluate([x, packed] + bias)[0])
    #expect(actual.dtype == .float32 && distance(expected, actual) < 1e-6)
    let types = [x.type, packed.type] + bias.map(\.type)
    for draw in [Draw.small, .whole] { #expect(try disagreement(op, types, seed: 3, draw: draw, inputs: [1: packed]) < 1e-5, "\(draw)") }
    #expect(try disagreement(direct, [x.type, plain.type] + bias.map(\.type), seed: 3, inputs: [1: plain]) < 1e-5)
  }

  @Test func refusesWhatDoesNotFit() throws {
    let (x, op) = (TensorType(.uint8, [1, 5, 4]), PackedProduct(taps: [2]))
    #expect(throws: Never.self) { try op.infer([x, TensorType(.int8, [2, 1, 8])]) }
    #expect(throws: Diagnostic.self) { try PackedProduct().infer([TensorType(.uint8, [2, 3, 4]), TensorType(.int8, [3, 1, 8])]) }
    #expect(throws: Diagnostic.self) { try op.infer([x, TensorType(.int8, [1, 2, 1, 8])]) }
    #expect(throws: Diagnostic.self) { try GroupedColumns().infer([TensorType(.uint8, [3, 8])]) }
    #expect(throws: Diagnostic.self) { try GroupedColumns().infer([TensorType(.int32, [8, 8])]) }
    #expect(throws: Diagnostic.self) { try op.infer([TensorType(.int8, [1, 5, 4]), TensorType(.int8, [2, 1, 8])]) }
    #expect(throws: Diagnostic.self) { try op.infer([x, TensorType(.int8, [2, 1, 6])]) }
    #expect(throws: Diagnostic.self) { try op.infer([x, TensorType(.bfloat16, [2, 1, 8])]) }
    #expect(throws: Diagnostic.self) { try op.infer([x, TensorType(.int8, [2, 2, 8])]) }
    #expect(throws: Diagnostic.self) { try op.infer([x, TensorType(.int8, [2, 1, 8]), TensorType(.int32, [3])]) }
    #expect(throws: Diagnostic.self) { try PackedProduct().infer([TensorType(.uint8, [2, 3]), TensorType(.int8, [1, 8])]) }
  }
}
