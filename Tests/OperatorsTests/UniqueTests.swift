import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct UniqueTests {
  @Test(arguments: [DType.float32, .float64, .bfloat16, .int8, .uint64, .int64, .bool], [true, false])
  func lowersToItsMeaning(dtype: DType, isSorted: Bool) throws {
    for dims in [[1], [9], [7, 1], [8, 2], [5, 2, 3], [0], [3, 0]] {
      try expectAgreement(Unique(isSorted: isSorted), [TensorType(dtype, Shape(dims))])
    }
  }

  private func found(_ x: Tensor, isSorted: Bool) throws -> [[Double]] {
    let op = Unique(isSorted: isSorted)
    let results = try op.evaluate([x])
    #expect(try zip(LoweredNode(op, [x.type]).run([x]), results).allSatisfy { distance($0, $1) == 0 })
    return results.map(\.doubles)
  }

  @Test func findsWhatOneExpects() throws {
    let x = Tensor(floats: [2, 1, 1, 3, 4, 3], [6])
    #expect(try found(x, isSorted: true) == [[1, 2, 3, 4, 0, 0], [1, 0, 3, 4, 0, 0], [1, 0, 0, 2, 3, 2], [2, 1, 2, 1, 0, 0], [4]])
    #expect(try found(x, isSorted: false) == [[2, 1, 3, 4, 0, 0], [0, 1, 3, 4, 0, 0], [0, 1, 1, 2, 3, 2], [1, 2, 2, 1, 0, 0], [4]])
    let rows = Tensor(floats: [1, 0, 0, 1, 0, 0, 2, 3, 4], [3, 3])
    #expect(try found(rows, isSorted: true) == [[1, 0, 0, 2, 3, 4, 0, 0, 0], [0, 2, 0], [0, 0, 1], [2, 1, 0], [2]])
    let signs = Tensor(.int8, [3, 2], integers: [-1, 5, -2, 9, -1, -5])
    #expect(try found(signs, isSorted: true)[0] == [-2, 9, -1, -5, -1, 5])
  }

  @Test func twoThatAreNoNumbersAreEqual() throws {
    let x = Tensor(floats: [.nan, .infinity, -0.0, .nan, 0, -.infinity], [6])
    let results = try found(x, isSorted: true)
    #expect(results[1] == [5, 2, 1, 0, 0, 0])
    #expect(results[3] == [1, 2, 1, 2, 0, 0])
    #expect(results[4] == [4])
  }

  @Test func leavesOpenDimensionsOpen() throws {
    for extent in [0, 1, 6] { try expectAgreement(Unique(), [TensorType(.int32, [time, batch])], dims: ["B": 2, "T": extent]) }
  }

  @Test func refusesAScalar() {
    #expect(throws: Diagnostic.self) { try Unique().infer([.floats([])]) }
  }
}
