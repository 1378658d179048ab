import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct BlockReduceTests {
  private static let onFloats = Reduce.Function.allCases.filter { $0 != .any && $0 != .all }
  private static let cuts: [([Int], [Int])] = [
    ([4, 1, 3], [1, 6, 1]), ([1, 6, 1], [4, 1, 3]), ([2, 3, 3], [2, 2, 1]), ([4, 6, 3], [1, 1, 1]),
  ]

  @Test(arguments: onFloats, cuts)
  func reducesBlocks(function: Reduce.Function, cut: ([Int], [Int])) throws {
    let (shape, counts) = cut
    let op = BlockReduce(function, shape: Shape(shape), counts: Shape(counts))
    #expect(try disagreement(op, [.floats([4, 6, 3])], seed: 1) < 2e-5)
    let open = BlockReduce(function, shape: [.symbol("a"), Dim(shape[1]), 3], counts: [.symbol("b"), Dim(counts[1]), Dim(counts[2])])
    if shape[2] == 3 {
      #expect(try disagreement(open, [.floats([4, 6, 3])], seed: 2, dims: ["a": shape[0], "b": counts[0]]) < 2e-5)
    }
  }

  @Test func aSingleBlockIsAReduction() throws {
    var generator = SeededGenerator(3)
    let x = Tensor.random(.float32, [4, 6, 3], .small, using: &generator)
    let blocks = try BlockReduce(.mean, shape: [4, 1, 3], counts: [1, 6, 1]).evaluate([x])
    #expect(blocks == (try Reduce(.mean, axes: [1], keepDims: true).evaluate([x])))
  }

  @Test func blocksOfNothingGiveWhatChangesNothing() throws {
    for (function, neutral) in [(Reduce.Function.sum, 0), (.prod, 1)] as [(Reduce.Function, Double)] {
      let op = BlockReduce(function, shape: [2, 1], counts: [1, .symbol("n")])
      #expect(try disagreement(op, [.floats([2, .symbol("n")])], seed: 4, dims: ["n": 0]) == 0)
      let settled = op.substituting(["n": 0])
      #expect(try settled.evaluate([Tensor(.float32, [2, 0], bytes: [])])[0].doubles == [neutral, neutral])
    }
  }

  @Test func refusesWhatDoesNotFillTheTensor() {
    for (shape, counts) in [([2, 1], [1, 1]), ([2], [1]), ([-2, 3], [-1, 1])] as [([Int], [Int])] {
      #expect(throws: Diagnostic.self) { try BlockReduce(.sum, shape: Shape(shape), counts: Shape(counts)).infer([.floats([2, 3])]) }
    }
    #expect(throws: Diagnostic.self) { try BlockReduce(.any, shape: [1], counts: [3]).infer([.floats([3])]) }
  }
}
