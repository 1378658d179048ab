import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct ReshapeTests {
  @Test(
    arguments: [
      ([2, 3, 4], [2, 12]), ([2, 3, 4], [0, -1]), ([2, 3, 4], [4, 3, 2]), ([6], [2, 3]), ([1], []), ([], [1, 1]), ([5, 1, 7], [-1]),
      ([2, 6, 5], [2, 2, 3, 5]), ([4, 6], [3, 8]),
    ])
  func copiesElementsInOrder(from: [Int], to: [Int]) throws {
    try expectAgreement(Reshape(to), [.floats(Shape(from))])
    try expectAgreement(Reshape(to), [TensorType(.int8, Shape(from))])
  }

  @Test func settlesOpenExtents() throws {
    #expect(try Reshape([0, -1]).infer([.floats([batch, time, 4])])[0].shape == [batch, time * 4])
    #expect(try Reshape([-1, 8]).infer([.floats([batch, time, 8])])[0].shape == [batch * time, 8])
    #expect(try Reshape([0, -1]).infer([.floats([time + 1, 4, 2])])[0].shape == [time + 1, 8])
    #expect(try Reshape([batch, time, 8]).infer([.floats([batch * time, 8])])[0].shape == [batch, time, 8])
    try expectAgreement(Reshape([batch, time, 8]), [.floats([batch * time, 8])], dims: ["B": 2, "T": 3])
    try expectAgreement(Reshape([-1, 2]), [.floats([batch, time, 8])], dims: ["B": 2, "T": 3])
    try expectAgreement(Reshape([0, 4, -1]), [.floats([batch, time, 8])], dims: ["B": 2, "T": 3])
  }

  @Test func refusesWhatDoesNotFit() {
    for (from, to) in [([2, 3], [4]), ([2, 3], [-1, -1]), ([2, 3], [-1, 4]), ([2, 3], [0, 0, 0]), ([2, 3], [-2, -3])] {
      #expect(throws: Diagnostic.self) { try Reshape(to).infer([.floats(Shape(from))]) }
    }
    #expect(throws: Diagnostic.self) { try Reshape([3, -1]).infer([.floats([batch, 4])]) }
  }

  @Test func passesOpenExtentsThroughText() throws {
    let op = Reshape([batch, time * 2 + 1, (time + 3) / 2])
    let value = try #require(op.attributeValues.first?.value)
    #expect(try Reshape(attributes: ["shape": value]) == op)
    #expect(try Reshape(attributes: ["shape": .ints([0, -1])]) == Reshape([0, -1]))
    for text in ["", "+", "2*", "(T", "T)", "(T)/0", "(T)/", "3x", "99999999999*99999999999"] {
      #expect(throws: Diagnostic.self) { try Reshape(attributes: ["shape": .strings([text])]) }
    }
  }
}
