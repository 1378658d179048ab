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

  private static let tuples: [(data: [Int], indices: [Int], batchAxes: Int)] = [
    ([5, 3], [4, 2], 0), ([5, 3, 2], [4, 1], 0), ([2, 3, 5], [2, 7, 1], 1), ([2, 3, 4, 3], [2, 3, 2, 1, 2], 2), ([7], [1], 0),
    ([2, 3, 4], [2, 2], 1),
  ]

  @Test(arguments: tuples)
  func gathersByTuples(data: [Int], indices: [Int], batchAxes: Int) throws {
    for dtype in [DType.int8, .int32, .int64, .uint16] {
      for element in [DType.float32, .bool, .float16, .uint64] {
        let types = [TensorType(element, Shape(data)), TensorType(dtype, Shape(indices))]
        try expectAgreement(GatherND(batchAxes: batchAxes), types)
      }
    }
  }

  @Test func gathersByTuplesWhatOneExpects() throws {
    let data = counting([2, 2, 2])
    #expect(try result(GatherND(), [data, Tensor(.int64, [2, 1, 2], integers: [0, 1, 1, 0])]).floats == [2, 3, 4, 5])
    #expect(try result(GatherND(), [data, Tensor(.int64, [2, 3], integers: [-1, -2, 1, 9, -9, 0])]).floats == [5, 4])
    #expect(try result(GatherND(batchAxes: 1), [data, Tensor(.int64, [2, 1], integers: [1, 0])]).floats == [2, 3, 4, 5])
    let open = [TensorType.floats([batch, time, 3]), TensorType(.int64, [batch, 4, 1])]
    #expect(try GatherND(batchAxes: 1).infer(open)[0].shape == [batch, 4, 3])
    try expectAgreement(GatherND(batchAxes: 1), open, dims: ["B": 2, "T": 5])
  }

  @Test func gathersByTuplesFromNothing() throws {
    for extent in [0, 2] {
      try expectAgreement(GatherND(), [.floats([3, time, 2]), TensorType(.int64, [4, 2])], dims: ["T": extent])
      try expectAgreement(ScatterND(), [.floats([time, 2]), TensorType(.int64, [4, 1]), .floats([4, 2])], dims: ["T": extent])
    }
  }

  @Test func refusesTuplesThatDoNotFit() {
    let x = TensorType.floats([2, 3])
    for (shape, batchAxes) in [([2, 3], 0), ([], 0), ([2, 0], 0), ([2, 2], 1), ([3, 1], 1), ([2, 1], 2), ([2, 1], -1)] as [([Int], Int)] {
      #expect(throws: Diagnostic.self) { try GatherND(batchAxes: batchAxes).infer([x, TensorType(.int32, Shape(shape))]) }
    }
    #expect(throws: Diagnostic.self) { try GatherND().infer([x, TensorType(.int32, [2, time])]) }
    #expect(throws: Diagnostic.self) { try GatherND().infer([x, TensorType(.float32, [2, 1])]) }
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
