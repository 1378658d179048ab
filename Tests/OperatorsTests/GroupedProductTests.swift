import LoopIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct GroupedProductTests {
  private struct Sample {
    let input: [Int]
    let taps: [Int]
    let outputs: Int
    var window = SlidingWindow()
    var group = 32

    var types: [TensorType] {
      let channels = input[input.count - 1]
      let groups = (channels + group - 1) / group
      return [
        TensorType(.float32, Shape(input)), TensorType(.uint8, Shape(taps + [channels / 2, outputs])),
        TensorType(.uint8, Shape(taps + [groups, outputs])),
      ]
    }

    var op: GroupedProduct { GroupedProduct(group: group, taps: taps, window: window) }
  }

  private static let samples = [
    Sample(input: [3, 64], taps: [], outputs: 5), Sample(input: [2, 3, 38], taps: [], outputs: 17),
    Sample(input: [2, 6], taps: [], outputs: 3, group: 4), Sample(input: [1, 34], taps: [], outputs: 1),
    Sample(
      input: [2, 5, 6, 36], taps: [3, 3], outputs: 4, window: SlidingWindow(strides: [2, 1], padsBefore: [1, 1], padsAfter: [1, 0])),
    Sample(input: [1, 9, 4], taps: [2], outputs: 3, window: SlidingWindow(dilations: [3])),
  ]

  @Test(arguments: samples, Draw.allCases) private func lowersToItsMeaning(sample: Sample, draw: Draw) throws {
    #expect(try disagreement(sample.op, sample.types, seed: 3, draw: draw) < 1e-5)
  }

  @Test func aByteHoldsTwoNeighbours() throws {
    let x = Tensor(.float32, [1, 4], [1, 10, 100, 1000])
    // 3 and -8, then 0 and 7; the second pair counts twice as much.
    let (codes, scales) = (Tensor(.uint8, [2, 1], [0x0B, 0xF8]), Tensor(.uint8, [2, 1], [1, 2]))
    #expect(try GroupedProduct(group: 2).evaluate([x, codes, scales])[0].doubles == [3 - 80 + 2 * 7000])
  }

  @Test func refusesWhatDoesNotFit() {
    let (x, codes, scales) = (TensorType(.float32, [2, 6]), TensorType(.uint8, [3, 5]), TensorType(.uint8, [1, 5]))
    #expect(throws: Never.self) { try GroupedProduct().infer([x, codes, scales]) }
    #expect(throws: Diagnostic.self) { try GroupedProduct(group: 3).infer([x, codes, scales]) }
    #expect(throws: Diagnostic.self) { try GroupedProduct(group: 4).infer([x, codes, scales]) }
    #expect(throws: Diagnostic.self) { try GroupedProduct().infer([TensorType(.float32, [2, 7]), codes, scales]) }
    #expect(throws: Diagnostic.self) { try GroupedProduct().infer([x, TensorType(.int8, [3, 5]), scales]) }
    #expect(throws: Diagnostic.self) { try GroupedProduct().infer([x, codes, TensorType(.uint8, [1, 4])]) }
    #expect(throws: Diagnostic.self) { try GroupedProduct(group: 32, taps: [0]).infer([TensorType(.float32, [1, 4, 6]), codes, scales]) }
  }
}
