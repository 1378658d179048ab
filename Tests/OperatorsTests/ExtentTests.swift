import GraphIR
import LoopIR
import Operators
import Tensors
import TestSupport
import Testing

/// Operators that make extents from data, or whose extents come from there.
@Suite struct ExtentTests {
  private func vector(_ numbers: [Int64], _ dtype: DType = .int64) -> Tensor { Tensor(dtype, [numbers.count], integers: numbers) }

  @Test(arguments: [DType.float32, .float16, .int64, .int8, .uint32]) func ramps(dtype: DType) throws {
    #expect(try result(Iota(4, dtype), []).integers == [0, 1, 2, 3])
    for extent in [0, 1, 9] { #expect(try disagreement(Iota(time, dtype), [], seed: 0, dims: ["T": extent]) == 0) }
    #expect(throws: Diagnostic.self) { try Iota(4, .bool).infer([]) }
    #expect(throws: Diagnostic.self) { try Iota(-1).infer([]) }
  }

  @Test(arguments: [DType.float32, .bool, .int8, .float16], [[4, 3], [12], [2, 3, 2], []] as [[Int]])
  func findsWhatIsNotZero(dtype: DType, dims: [Int]) throws {
    var generator = SeededGenerator(5)
    for _ in 0..<4 {
      let numbers = (0..<dims.reduce(1, *)).map { _ in Int64.random(in: 0...2, using: &generator) % 2 }
      let x = Tensor(dtype, dims, integers: numbers)
      let count = numbers.filter { $0 != 0 }.count
      for wanted in [count, 0, count + 2] {
        #expect(try disagreement(NonZero(time), [x.type], seed: 0, inputs: [0: x], dims: ["T": wanted]) == 0)
      }
      let flat = try NonZero(Dim(count), .int32).evaluate([x.reshaped([x.count])])[0]
      #expect(flat.integers == numbers.indices.filter { numbers[$0] != 0 }.map { Int64($0) })
    }
    let odd = Tensor(floats: [.nan, -0.0, 0, -1], [4])
    #expect(try result(NonZero(2), [odd]).integers == [0, 3])
  }

  @Test(arguments: Pad.Mode.allCases, [DType.int32, .int64])
  func takesPositionsFromData(mode: Pad.Mode, dtype: DType) throws {
    for (starts, steps) in [([0, 0], [1, 1]), ([-3, 2], [1, 2]), ([4, -1], [-1, 3]), ([-40, 7], [9, -2])] as [([Int64], [Int64])] {
      let given = [1: vector(starts, dtype), 2: vector(steps, dtype)]
      let types = [TensorType.floats([4, 3]), given[1]!.type, given[2]!.type, .floats([])]
      try expectAgreement(Excerpt([5, 6], mode: mode), types, inputs: given)
      try expectAgreement(Excerpt([time, 2], mode: mode), Array(types.prefix(2)), inputs: given, dims: ["T": 3])
      try expectAgreement(Excerpt([2, 2], mode: mode), [.floats([0, 3])] + types[1...], inputs: given)
    }
    let wild = [1: vector([.max, .min], .int64), 2: vector([.max, .min], .int64)]
    if mode == .constant { try expectAgreement(Excerpt([3, 3]), [.floats([4, 3]), wild[1]!.type, wild[2]!.type], inputs: wild) }
  }

  @Test func isWhatSlicePadAndTileAre() throws {
    let x = counting([4, 3])
    let slice = Slice(starts: [3, 0], ends: [.min, .max], steps: [-2, 2])
    #expect(try result(Excerpt([2, 2]), [x, vector([3, 0]), vector([-2, 2])]) == result(slice, [x]))
    for mode in Pad.Mode.allCases {
      let padded = try result(Pad(before: [2, 1], after: [1, 3], mode: mode, value: 7), [x])
      #expect(try result(Excerpt([7, 7], mode: mode), [x, vector([-2, -1]), nil, Tensor(floats: [7], [])]) == padded)
    }
    #expect(try result(Excerpt([8, 9], mode: .wrap), [x, vector([0, 0])]) == result(Tile([2, 3]), [x]))
    #expect(throws: Diagnostic.self) { try Excerpt([2]).infer([x.type, TensorType(.int64, [2])]) }
    #expect(throws: Diagnostic.self) { try Excerpt([2, 2]).infer([x.type, TensorType(.int64, [3])]) }
    #expect(throws: Diagnostic.self) { try Excerpt([2, 2]).infer([x.type, TensorType(.float32, [2])]) }
  }

  @Test func resolvesShapes() throws {
    let op = ResolvedShape([4, 3, 2])
    let cases: [([Int64], [Int64])] = [
      ([2, 12], [2, 12, 0]), ([-1], [24, 0]), ([0, -1], [4, 6, 0]), ([8, -1], [8, 3, 0]), ([5, -1], [5, 4, -4]),
      ([4, 0, 0], [4, 3, 2, 0]),
      ([1, 1, 1, 0], [1, 1, 1, 0, -24]), ([-1, 0, 7], [1, 3, 7, -3]), ([-2, -1], [-2, -12, 0]), ([], [-23]),
    ]
    for (asked, expected) in cases {
      #expect(try result(op, [vector(asked)]).integers == expected, "\(asked)")
      #expect(try disagreement(op, [vector(asked).type], seed: 0, inputs: [0: vector(asked)]) == 0)
      let open = ResolvedShape([batch * 2, 3, time], allowsZero: true)
      #expect(try disagreement(open, [vector(asked).type], seed: 0, inputs: [0: vector(asked)], dims: ["B": 2, "T": 2]) == 0)
    }
  }

  @Test(arguments: [DType.int32, .int64]) func resolvesSlices(dtype: DType) throws {
    let far = dtype == .int64 ? [Int64.max, .min, .max, .min] : [Int64(Int32.max), Int64(Int32.min), Int64(Int32.max), Int64(Int32.min)]
    let numbers: [Int64] = far.prefix(2) + [0, 1, -1, 3, -3, 7, 8, -9]
    for start in numbers {
      for end in numbers {
        for step in [1, -1, 2, -3] + far.suffix(2) {
          let given = [[start], [end], [-1], [step]].map { vector($0, dtype) }
          let op = ResolvedSlice([2, 7])
          let found = try result(op, given).integers
          let node = try LoweredNode(op, given.map(\.type))
          #expect(try node.run(given)[0].integers == found)
          let taken = try Slice(starts: [Int(start)], ends: [Int(end)], axes: [1], steps: [Int(clamping: max(min(step, 100), -100))])
            .infer([.floats([2, 7])])[0].shape
          #expect(found[0] == 0 && found[2] == 1 && found[4] == 2 && taken == [2, Dim(Int(found[5]))], "\(start):\(end):\(step)")
        }
      }
    }
    #expect(throws: Diagnostic.self) { try ResolvedSlice([2]).infer([TensorType(.int64, [2]), TensorType(.int64, [2])]) }
  }

  @Test func anOpenNumberOfTheGreatest() throws {
    var op = TopK(1)
    op.openCount = [time]
    for count in [0, 1, 4] { try expectAgreement(op, [.floats([3, 4])], dims: ["T": count]) }
    #expect(throws: Diagnostic.self) { try op.substituting(["T": 5]).infer([.floats([3, 4])]) }
  }

  @Test func reshapesThatAreVerifiedNeedNotAgree() throws {
    #expect(throws: Diagnostic.self) { try Reshape(exactly: [batch, time]).infer([.floats([12])]) }
    let op = Reshape(exactly: [batch, time], verified: [.symbol("excess")])
    try expectAgreement(op, [.floats([12])], dims: ["B": 3, "T": 4, "excess": 0])
    #expect(throws: Diagnostic.self) { try op.substituting(["B": 2, "T": 4, "excess": 0]).infer([.floats([12])]) }
  }
}
