import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct DeterminantTests {
  @Test(arguments: [[2, 2], [3, 4, 4], [2, 3, 5, 5], [1, 1], [7, 7], [2, 0, 0]])
  func lowersToItsMeaning(dims: [Int]) throws {
    try expectAgreement(Determinant(), [TensorType(.float64, Shape(dims))], within: 1e-12)
    try expectAgreement(Determinant(), [.floats(Shape(dims))], within: 1e-6)
  }

  @Test func isWhatOneExpects() throws {
    #expect(try result(Determinant(), [counting([2, 2])]).floats == [-2])
    #expect(try result(Determinant(), [counting([2, 2, 2])]).floats == [-2, -2])
    let permutation = Tensor(floats: [0, 1, 0, 0, 0, 1, 1, 0, 0], [3, 3])
    #expect(try result(Determinant(), [permutation]).floats == [1])
    #expect(try result(Determinant(), [counting([3, 3])]).doubles[0].magnitude < 1e-6)
    #expect(try result(Determinant(), [Tensor(floats: [], [0, 0])]).floats == [1])
    let singular = Tensor(floats: [0, 0, 0, 3], [2, 2])
    #expect(try result(Determinant(), [singular]).floats == [0])
    #expect(try LoweredNode(Determinant(), [singular.type]).run([singular])[0].floats == [0])
  }

  @Test func leavesOpenDimensionsOpen() throws {
    let type = TensorType(.float64, [batch, time, time])
    for extent in 0...4 { try expectAgreement(Determinant(), [type], within: 1e-12, dims: ["B": 2, "T": extent]) }
  }

  @Test func refusesWhatHasNone() {
    #expect(throws: Diagnostic.self) { try Determinant().infer([.floats([2, 3])]) }
    #expect(throws: Diagnostic.self) { try Determinant().infer([.floats([2])]) }
    #expect(throws: Diagnostic.self) { try Determinant().infer([TensorType(.int32, [2, 2])]) }
  }
}
