import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct SoftmaxTests {
  @Test(arguments: [([4], 0), ([3, 7], -1), ([3, 7], 0), ([2, 3, 5], 1), ([1, 1], 1)], [false, true])
  func lowersToItsMeaning(shape: ([Int], Int), isLogarithm: Bool) throws {
    let op = Softmax(axis: shape.1, isLogarithm: isLogarithm)
    try expectAgreement(op, [.floats(Shape(shape.0))], within: 2e-6)
    try expectAgreement(op, [TensorType(.float64, Shape(shape.0))], within: 1e-14)
    try expectAgreement(op, [TensorType(.float16, Shape(shape.0))], within: 1e-3)
  }

  @Test func takesOpenExtents() throws {
    try expectAgreement(Softmax(axis: 1), [.floats([batch, time, 3])], within: 2e-6, dims: ["B": 2, "T": 5])
  }

  @Test func isStable() throws {
    let x = Tensor(.float32, [2], [1_000, 999])
    let expected: [Float] = [0.731_058_6, 0.268_941_4]
    for (found, value) in zip(try result(Softmax(axis: 0), [x]).floats, expected) { #expect(abs(found - value) < 1e-6) }
    try expectAgreement(Softmax(axis: 0), [x.type], within: 1e-6, inputs: [0: x])
  }

  @Test func refusesIntegersAndForeignAxes() {
    #expect(throws: Diagnostic.self) { try Softmax(axis: 0).infer([TensorType(.int32, [2])]) }
    #expect(throws: Diagnostic.self) { try Softmax(axis: 1).infer([.floats([2])]) }
  }
}
