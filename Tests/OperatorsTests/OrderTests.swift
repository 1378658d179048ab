import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct OrderTests {
  private static let edges: [Tensor] = [
    Tensor(.float32, [7], [.nan, -.infinity, 1, 1, .nan, -0.0, 0]), Tensor(.float32, [3], [.nan, .infinity, -.infinity]),
    Tensor(.float32, [2], [.nan, -.infinity]), Tensor(.int8, [4], integers: [-128, 127, -128, 0]),
    Tensor(.uint64, [3], integers: [-1, 0, .min]), Tensor(.int64, [3], integers: [.max, .max - 1, .min]),
    Tensor(.bool, [3], integers: [0, 1, 1]),
  ]

  @Test(arguments: ArgReduce.Function.allCases, [0, 1, -1])
  func findsExtremes(function: ArgReduce.Function, axis: Int) throws {
    try expectAgreement(ArgReduce(function, axis: axis), [.floats([3, 4, 5])])
    try expectAgreement(ArgReduce(function, axis: axis, keepDims: true, dtype: .int64), [TensorType(.uint8, [3, 4, 5])])
    try expectAgreement(ArgReduce(function, axis: axis), [.floats([time, 4, batch])], dims: ["B": 2, "T": 3])
  }

  @Test(arguments: edges)
  func ordersEdges(x: Tensor) throws {
    for flag in [false, true] {
      try expectAgreement(ArgReduce(flag ? .max : .min, axis: 0), [x.type], inputs: [0: x])
      try expectAgreement(ArgReduce(flag ? .max : .min, axis: 0, takesLast: true), [x.type], inputs: [0: x])
      try expectAgreement(TopK(x.count, isLargest: flag), [x.type], inputs: [0: x])
    }
  }

  @Test func takesTheFirstOfEquals() throws {
    #expect(try result(ArgReduce(.max, axis: 0), [Tensor(floats: [1, 3, 3], [3])]).integers == [1])
    #expect(try result(ArgReduce(.min, axis: 0), [Tensor(floats: [2, 1, 1], [3])]).integers == [1])
    #expect(try result(ArgReduce(.max, axis: 0, takesLast: true), [Tensor(floats: [3, 1, 3, 2], [4])]).integers == [2])
    #expect(try result(ArgReduce(.min, axis: 0, takesLast: true), [Tensor(floats: [2, 1, 1], [3])]).integers == [2])
  }

  @Test(arguments: [(1, 0), (3, 1), (5, -1), (2, 2)], [false, true])
  func takesTheBest(count: (Int, Int), isLargest: Bool) throws {
    try expectAgreement(TopK(count.0, axis: count.1, isLargest: isLargest), [.floats([3, 4, 5])])
    try expectAgreement(TopK(count.0, axis: count.1, isLargest: isLargest, dtype: .int64), [TensorType(.int16, [3, 4, 5])])
  }

  @Test func givesValuesAndIndices() throws {
    let found = try TopK(2).evaluate([Tensor(floats: [1, 5, 3, 5], [4])])
    #expect(found[0].floats == [5, 5])
    #expect(found[1].integers == [1, 3])
  }

  @Test func takesSomeOfAnOpenExtent() throws {
    try expectAgreement(TopK(2), [.floats([time])], dims: ["T": 4])
  }

  @Test func refusesMoreThanThereIs() {
    #expect(throws: Diagnostic.self) { try TopK(4).infer([.floats([3])]) }
    #expect(throws: Diagnostic.self) { try TopK(0).infer([.floats([3])]) }
    #expect(throws: Diagnostic.self) { try TopK(1, dtype: .float32).infer([.floats([3])]) }
    #expect(throws: Diagnostic.self) { try ArgReduce(.max, axis: 1, dtype: .int64).infer([.floats([3])]) }
  }

  @Test(arguments: Cumulative.Function.allCases, [0, 1, -1])
  func accumulates(function: Cumulative.Function, axis: Int) throws {
    for (exclusive, reverse) in [(false, false), (true, false), (false, true), (true, true)] {
      let op = Cumulative(function, axis: axis, isExclusive: exclusive, isReversed: reverse)
      try expectAgreement(op, [TensorType(.float64, [2, 3, 4])], within: 1e-12)
      try expectAgreement(op, [TensorType(.int8, [2, 5, 4])])
      try expectAgreement(op, [TensorType(.float64, [batch, 3, time])], within: 1e-12, dims: ["B": 2, "T": 3])
    }
  }

  @Test func accumulatesWhatOneExpects() throws {
    let x = Tensor(floats: [1, 2, 3, 4], [4])
    #expect(try result(Cumulative(.sum, axis: 0), [x]).floats == [1, 3, 6, 10])
    #expect(try result(Cumulative(.sum, axis: 0, isExclusive: true, isReversed: true), [x]).floats == [9, 7, 4, 0])
    #expect(throws: Diagnostic.self) { try Cumulative(.sum, axis: 0).infer([TensorType(.bool, [2])]) }
  }
}
