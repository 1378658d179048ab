import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct AdaptivePoolTests {
  @Test(
    arguments: [([1, 5, 2], [3]), ([2, 4, 6, 1], [4, 3]), ([1, 3, 2, 2], [5, 1]), ([1, 3, 4, 5, 2], [2, 3, 4])], PoolKind.allCases)
  func lowersToItsMeaning(sample: ([Int], [Int]), kind: PoolKind) throws {
    for draw in Draw.allCases {
      let difference = try disagreement(
        AdaptivePool(kind, size: sample.1), [TensorType(.float32, Shape(sample.0))], seed: 4, draw: draw)
      #expect(difference < 1e-6, "\(draw)")
    }
  }

  @Test func windowsMayOverlap() throws {
    let input = Tensor(.float32, [1, 5, 1], [1, 2, 4, 8, 16])
    #expect(try AdaptivePool(.average, size: [3]).evaluate([input])[0].doubles == [1.5, 14.0 / 3, 12].map { Double(Float($0)) })
    #expect(try AdaptivePool(.max, size: [2]).evaluate([input])[0].doubles == [4, 16])
  }

  @Test func leavesOpenDimensionsOpen() throws {
    let type = TensorType(.float32, [1, .symbol("T"), 2])
    for extent in 1...7 { #expect(try openDisagreement(AdaptivePool(.average, size: [3]), [type], dims: ["T": extent], seed: 3) < 1e-6) }
  }

  @Test func refusesWhatHasNoMeaning() {
    let type = TensorType(.float32, [1, 4, 2])
    for size in [[], [1, 1], [0], [-1], [.max]] {
      #expect(throws: Diagnostic.self) { try AdaptivePool(.max, size: size).infer([type]) }
    }
  }
}
