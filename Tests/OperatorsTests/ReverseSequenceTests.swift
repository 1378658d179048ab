import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct ReverseSequenceTests {
  @Test(arguments: [(0, 1), (1, 0), (-1, 0), (2, -2)])
  func lowersToItsMeaning(batchAxis: Int, timeAxis: Int) throws {
    let shape = [3, 5, 4]
    let count = Dim(shape[(batchAxis + 3) % 3])
    let op = ReverseSequence(batchAxis: batchAxis, timeAxis: timeAxis)
    for (element, length) in [(DType.float32, DType.int64), (.bfloat16, .int32), (.uint64, .uint8), (.bool, .int8)] {
      try expectAgreement(op, [TensorType(element, Shape(shape)), TensorType(length, [count])])
    }
  }

  @Test func reversesWhatOneExpects() throws {
    let lengths = Tensor(.int64, [5], integers: [2, 0, 9, -1, .max])
    let op = ReverseSequence(batchAxis: 0, timeAxis: 1)
    #expect(try result(op, [counting([5, 3]), lengths]).floats == [1, 0, 2, 3, 4, 5, 8, 7, 6, 9, 10, 11, 14, 13, 12])
    try expectAgreement(op, [.floats([5, 3]), lengths.type], inputs: [1: lengths])
  }

  @Test func leavesOpenDimensionsOpen() throws {
    let types = [TensorType.floats([time, batch, 2]), TensorType(.int64, [batch])]
    for extent in [0, 1, 4] {
      try expectAgreement(ReverseSequence(batchAxis: 1, timeAxis: 0), types, dims: ["B": 3, "T": extent])
    }
  }

  @Test func refusesWhatDoesNotFit() {
    let x = TensorType.floats([3, 4])
    #expect(throws: Diagnostic.self) { try ReverseSequence(batchAxis: 0, timeAxis: 0).infer([x, TensorType(.int64, [3])]) }
    #expect(throws: Diagnostic.self) { try ReverseSequence().infer([x, TensorType(.int64, [4])]) }
    #expect(throws: Diagnostic.self) { try ReverseSequence().infer([x, .floats([3])]) }
    #expect(throws: Diagnostic.self) { try ReverseSequence(batchAxis: 0, timeAxis: 2).infer([x, TensorType(.int64, [3])]) }
  }
}
