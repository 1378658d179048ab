import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct GatherTests {
  @Test(arguments: [DType.int32, .int64, .int8, .uint8, .int16, .uint16, .uint32], [0, 1, -1])
  func gathersByAnyIntegers(dtype: DType, axis: Int) throws {
    for shape in [[2, 3], [], [5]] as [[Int]] {
      try expectAgreement(Gather(axis: axis), [.floats([6, 7, 9]), TensorType(dtype, Shape(shape))])
    }
  }

  @Test func neverLeavesTheTable() throws {
    let wild = [0, -1, 3, -3, 4, -4, 1 << 40, -1 << 40, .max, .min] as [Int64]
    let indices = Tensor(.int64, [wild.count], integers: wild)
    try expectAgreement(Gather(), [.floats([3, 2]), indices.type], inputs: [1: indices])
    try expectAgreement(GatherElements(axis: 0), [.floats([3]), indices.type], inputs: [1: indices])
    #expect(try result(Gather(), [counting([3]), indices]).floats == [0, 2, 2, 0, 2, 0, 2, 0, 2, 0])
  }

  @Test func gathersOpenExtents() throws {
    try expectAgreement(Gather(), [.floats([10, 4]), TensorType(.int32, [batch, time])], dims: ["B": 2, "T": 3])
    try expectAgreement(Gather(axis: 1), [.floats([batch, time]), TensorType(.int32, [2])], dims: ["B": 2, "T": 3])
  }

  @Test(arguments: [([3, 4], [3, 2], 1), ([3, 4], [5, 4], 0), ([1, 4], [3, 2], -1), ([3, 4], [1, 2], 1), ([4], [7], 0)])
  func gathersElements(data: [Int], indices: [Int], axis: Int) throws {
    try expectAgreement(GatherElements(axis: axis), [.floats(Shape(data)), TensorType(.int32, Shape(indices))])
    try expectAgreement(GatherElements(axis: axis), [.floats(Shape(data)), TensorType(.int64, Shape(indices))])
  }

  @Test func refusesIndicesThatAreNone() {
    for dtype in [DType.float32, .bool, .uint64] {
      #expect(throws: Diagnostic.self) { try Gather().infer([.floats([3]), TensorType(dtype, [2])]) }
      #expect(throws: Diagnostic.self) { try GatherElements().infer([.floats([3]), TensorType(dtype, [2])]) }
      #expect(throws: Diagnostic.self) { try OneHot(depth: 2).infer([TensorType(dtype, [2])]) }
    }
    #expect(throws: Diagnostic.self) { try Gather(axis: 1).infer([.floats([3]), TensorType(.int32, [2])]) }
    #expect(throws: Diagnostic.self) { try GatherElements().infer([.floats([3]), TensorType(.int32, [2, 1])]) }
    #expect(throws: Diagnostic.self) { try OneHot(depth: 0).infer([TensorType(.int32, [2])]) }
  }

  @Test(arguments: [0, 1, -1, 2])
  func encodesOneHot(axis: Int) throws {
    try expectAgreement(OneHot(depth: 5, axis: axis), [TensorType(.int32, [3, 4])])
    try expectAgreement(OneHot(depth: 5, axis: axis, on: 2, off: -1, dtype: .int8), [TensorType(.int64, [batch, 4])], dims: ["B": 3])
    try expectAgreement(OneHot(depth: 300, axis: axis), [TensorType(.uint8, [3, 4])])
  }

  @Test func leavesOutWhatIsBeyondTheDepth() throws {
    let indices = Tensor(.int32, [3], integers: [1, -1, 2])
    #expect(try result(OneHot(depth: 2), [indices]).floats == [0, 1, 0, 0, 0, 0])
  }
}
