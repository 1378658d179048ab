import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct NonMaxSuppressionTests {
  private static let corners: [Double] = [
    0, 0, 1, 1, 0, 0.1, 1, 1.1, 0, -0.1, 1, 0.9, 0, 10, 1, 11, 0, 10.1, 1, 11.1, 0, 100, 1, 101,
  ]
  private static let middles: [Double] = [
    0.5, 0.5, 1, 1, 0.5, 0.6, 1, 1, 0.5, 0.4, 1, 1, 0.5, 10.5, 1, 1, 0.5, 10.6, 1, 1, 0.5, 100.5, 1, 1,
  ]
  private static let scores: [Double] = [0.9, 0.75, 0.6, 0.95, 0.5, 0.3]

  private func bound(_ value: Double) -> Tensor { Tensor(.float32, [1], [value]) }

  /// Both meanings, which must be equal: the rows that are kept.
  private func kept(_ op: NonMaxSuppression, _ inputs: [Tensor?]) throws -> [[Int64]] {
    let expected = try op.evaluate(inputs)
    let found = try LoweredNode(op, inputs.map { $0?.type }).run(inputs.compactMap { $0 })
    #expect(found == expected)
    let (rows, count) = (expected[0].integers, Int(expected[1].integers[0]))
    #expect(rows[(count * 3)...].allSatisfy { $0 == -1 })
    return (0..<count).map { Array(rows[$0 * 3..<$0 * 3 + 3]) }
  }

  @Test func keepsWhatOneExpects() throws {
    let (boxes, scores) = (Tensor(.float32, [1, 6, 4], Self.corners), Tensor(.float32, [1, 1, 6], Self.scores))
    let three = Tensor(.int64, [1], integers: [3])
    let op = NonMaxSuppression()
    #expect(try kept(op, [boxes, scores, three, bound(0.5), bound(0)]).map { $0[2] } == [3, 0, 5])
    #expect(try kept(op, [boxes, scores, three, bound(0.5), bound(0.4)]).map { $0[2] } == [3, 0])
    #expect(try kept(op, [boxes, scores, Tensor(.int64, [], integers: [2]), bound(0.5)]).map { $0[2] } == [3, 0])
    #expect(try kept(op, [boxes, scores]).map { $0[2] } == [3, 0, 5])
    #expect(try kept(op, [boxes, scores, nil, bound(1)]).map { $0[2] } == [3, 0, 1, 2, 4, 5])
    #expect(try kept(NonMaxSuppression(isCentred: false, most: 1), [boxes, scores]).map { $0[2] } == [3])
    let centred = Tensor(.float32, [1, 6, 4], Self.middles)
    #expect(try kept(NonMaxSuppression(isCentred: true), [centred, scores, three, bound(0.5), bound(0)]).map { $0[2] } == [3, 0, 5])
    for limit in [0, -1, .min] as [Int64] {
      #expect(try kept(op, [boxes, scores, Tensor(.int64, [1], integers: [limit])]).isEmpty)
    }
  }

  @Test func takesImagesAndClassesInOrder() throws {
    let boxes = Tensor(.float32, [2, 6, 4], Self.corners + Self.corners.map { $0 * 2 })
    let scores = Tensor(.float32, [2, 2, 6], Self.scores + Self.scores.reversed() + [Double](repeating: 0.5, count: 12))
    let found = try kept(NonMaxSuppression(), [boxes, scores, Tensor(.int64, [1], integers: [2]), bound(0.5)])
    #expect(found == [[0, 0, 3], [0, 0, 0], [0, 1, 2], [0, 1, 5], [1, 0, 0], [1, 0, 3], [1, 1, 0], [1, 1, 3]])
  }

  @Test func anOverlapThatIsJustAllowedStays() throws {
    let boxes = Tensor(.float32, [1, 2, 4], [0, 0, 1, 1, 0.5, 0, 1, 1])
    let scores = Tensor(.float32, [1, 1, 2], [0.9, 0.8])
    #expect(try kept(NonMaxSuppression(), [boxes, scores, nil, bound(0.5)]).count == 2)
    #expect(try kept(NonMaxSuppression(), [boxes, scores, nil, bound(0.499)]).count == 1)
  }

  @Test func boxesMayBeFlippedEmptyOrNoNumbers() throws {
    let boxes = Tensor(.float32, [1, 5, 4], [1, 1, 0, 0, 0, 0.1, 1, 1.1, 0.5, 0.5, 0.5, 0.5, .nan, 0, 1, 1, 0, 0, .infinity, 1])
    let scores = Tensor(.float32, [1, 1, 5], [0.5, 0.6, 0.7, 0.4, .nan])
    #expect(try kept(NonMaxSuppression(), [boxes, scores, nil, bound(0.5)]).map { $0[2] } == [2, 1, 3])
  }

  @Test func lowersToItsMeaning() throws {
    for (isCentred, most) in [(false, 0), (true, 0), (false, 2), (true, 20)] {
      let types = [TensorType.floats([2, 9, 4]), .floats([2, 3, 9]), TensorType(.int64, [1]), .floats([]), .floats([1])]
      for draw in [Draw.small, .whole] {
        for seed in UInt64(0)..<4 {
          let bounds = [2: Tensor(.int64, [1], integers: [4]), 3: Tensor(.float32, [], [0.3]), 4: bound(-0.5)]
          #expect(try disagreement(NonMaxSuppression(isCentred: isCentred, most: most), types, seed: seed, draw: draw, inputs: bounds) == 0)
        }
      }
    }
  }

  @Test func leavesOpenDimensionsOpen() throws {
    let types = [TensorType(.float64, [batch, time, 4]), TensorType(.float64, [batch, 2, time])]
    #expect(try NonMaxSuppression().infer(types)[0].shape == [batch * 2 * time, 3])
    for extent in [0, 1, 5] {
      #expect(try disagreement(NonMaxSuppression(), types, seed: 2, dims: ["B": 2, "T": extent]) == 0)
    }
  }

  @Test func refusesWhatDoesNotFit() {
    let (boxes, scores) = (TensorType.floats([1, 6, 4]), TensorType.floats([1, 2, 6]))
    #expect(throws: Diagnostic.self) { try NonMaxSuppression().infer([boxes, .floats([1, 2, 5])]) }
    #expect(throws: Diagnostic.self) { try NonMaxSuppression().infer([.floats([1, 6, 5]), scores]) }
    #expect(throws: Diagnostic.self) { try NonMaxSuppression().infer([boxes, scores, TensorType(.int32, [1])]) }
    #expect(throws: Diagnostic.self) { try NonMaxSuppression().infer([boxes, scores, nil, .floats([2])]) }
    #expect(throws: Diagnostic.self) { try NonMaxSuppression(isCentred: false, most: -1).infer([boxes, scores]) }
  }
}
