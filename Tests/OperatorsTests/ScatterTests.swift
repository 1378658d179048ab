import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct ScatterTests {
  private static let elements: [(data: [Int], indices: [Int], axis: Int)] = [
    ([5], [7], 0), ([3, 4], [2, 4], 0), ([3, 4], [3, 9], -1), ([2, 3, 5], [1, 6, 3], 1), ([1, 5], [1, 2], 1),
  ]

  @Test(arguments: ScatterReduction.allCases, elements)
  func scattersElements(reduction: ScatterReduction, sample: (data: [Int], indices: [Int], axis: Int)) throws {
    for (dtype, index) in [(DType.float32, DType.int64), (.float64, .int32), (.int8, .int8), (.uint64, .uint16)] {
      let types = [
        TensorType(dtype, Shape(sample.data)), TensorType(index, Shape(sample.indices)), TensorType(dtype, Shape(sample.indices)),
      ]
      try expectAgreement(ScatterElements(axis: sample.axis, reduction), types, within: dtype.isFloat ? 1e-6 : 0)
    }
  }

  private static let tuples: [(data: [Int], indices: [Int])] = [
    ([5, 3], [4, 2]), ([5, 3, 2], [9, 1]), ([4, 3, 5], [2, 3, 2]), ([7], [1]), ([3, 2], [2, 2, 2]),
  ]

  @Test(arguments: ScatterReduction.allCases, tuples)
  func scattersByTuples(reduction: ScatterReduction, sample: (data: [Int], indices: [Int])) throws {
    let depth = sample.indices[sample.indices.count - 1]
    let updates = Shape(sample.indices.dropLast() + sample.data[depth...])
    for (dtype, index) in [(DType.float32, DType.int64), (.float64, .int32), (.int16, .int8), (.uint64, .uint32)] {
      let types = [TensorType(dtype, Shape(sample.data)), TensorType(index, Shape(sample.indices)), TensorType(dtype, updates)]
      try expectAgreement(ScatterND(reduction), types, within: dtype.isFloat ? 1e-6 : 0)
    }
  }

  @Test(arguments: [DType.bool, .float16, .bfloat16, .uint8])
  func replacesElementsOfAnyType(dtype: DType) throws {
    let types = [TensorType(dtype, [3, 4]), TensorType(.int64, [3, 2]), TensorType(dtype, [3, 2])]
    try expectAgreement(ScatterElements(axis: 1), types)
    try expectAgreement(ScatterND(), [types[0], types[1], TensorType(dtype, [3])])
  }

  @Test func writesNowhereElse() throws {
    let wild = [0, -1, 3, -3, 4, -4, 1 << 40, -1 << 40, .max, .min] as [Int64]
    let indices = Tensor(.int64, [wild.count], integers: wild)
    let (data, updates) = (Tensor(floats: [10, 20, 30], [3]), counting([wild.count]))
    for reduction in [ScatterReduction.none, .add] {
      let op = ScatterElements(axis: 0, reduction)
      try expectAgreement(op, [data.type, indices.type, updates.type], within: 1e-6, inputs: [1: indices])
      try expectAgreement(
        ScatterND(reduction), [data.type, TensorType(.int64, [10, 1]), updates.type], within: 1e-6,
        inputs: [
          1: indices.reshaped([10, 1])
        ])
    }
    #expect(try result(ScatterElements(axis: 0), [data, indices, updates]).floats == [3, 20, 1])
    #expect(try result(ScatterND(.add), [data, indices.reshaped([10, 1]), updates]).floats == [13, 20, 31])
  }

  @Test func keepsTheLastAndLetsNaNWin() throws {
    let indices = Tensor(.int64, [3], integers: [1, 1, -1])
    let (data, updates) = (Tensor(floats: [5, 5, .nan], [3]), Tensor(floats: [7, 6, 1], [3]))
    let found = try ScatterReduction.allCases.map { try result(ScatterElements(axis: 0, $0), [data, indices, updates]).floats }
    #expect(found.map { $0[1] } == [6, 18, 210, 7, 5])
    #expect(found.map { $0[2].isNaN } == [false, true, true, true, true])
    let hidden = Tensor(floats: [.nan, 8, 9], [3])
    for reduction in ScatterReduction.allCases {
      for inputs in [[data, indices, updates], [data, indices, hidden]] {
        let op = ScatterElements(axis: 0, reduction)
        #expect(try distance(LoweredNode(op, inputs.map(\.type)).run(inputs)[0], op.evaluate(inputs)[0]) == 0)
      }
    }
  }

  @Test func scattersOpenExtents() throws {
    let types = [TensorType.floats([batch, time]), TensorType(.int64, [batch, 3]), TensorType.floats([batch, 3])]
    try expectAgreement(ScatterElements(axis: 1, .add), types, within: 1e-6, dims: ["B": 2, "T": 4])
    let rows = [TensorType.floats([time, 3]), TensorType(.int32, [batch, 1]), TensorType.floats([batch, 3])]
    try expectAgreement(ScatterND(.add), rows, within: 1e-6, dims: ["B": 4, "T": 3])
    let longer = [TensorType.floats([4, time]), TensorType(.int64, [4, 3]), TensorType.floats([4, 3])]
    for extent in [2, 3, 5] { try expectAgreement(ScatterElements(axis: 0), longer, dims: ["T": extent]) }
  }

  @Test func refusesWhatDoesNotFit() {
    let (x, i) = (TensorType.floats([3, 4]), TensorType(.int64, [2, 4]))
    #expect(throws: Diagnostic.self) { try ScatterElements(axis: 2).infer([x, i, .floats([2, 4])]) }
    #expect(throws: Diagnostic.self) { try ScatterElements(axis: 1).infer([x, TensorType(.int64, [4, 4]), .floats([4, 4])]) }
    #expect(throws: Diagnostic.self) { try ScatterElements(axis: 0).infer([x, i, .floats([2, 3])]) }
    #expect(throws: Diagnostic.self) { try ScatterElements(axis: 0).infer([x, i, TensorType(.float64, [2, 4])]) }
    #expect(throws: Diagnostic.self) { try ScatterElements(axis: 0).infer([x, .floats([2, 4]), .floats([2, 4])]) }
    #expect(throws: Diagnostic.self) { try ScatterND().infer([x, i, .floats([2])]) }
    #expect(throws: Diagnostic.self) { try ScatterND().infer([x, TensorType(.int64, [2, 1]), .floats([2, 3])]) }
    let flags = TensorType(.bool, [3])
    #expect(throws: Diagnostic.self) { try ScatterND(.add).infer([flags, TensorType(.int64, [2, 1]), TensorType(.bool, [2])]) }
  }
}
