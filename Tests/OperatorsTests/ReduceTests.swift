import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct ReduceTests {
  private static let onFloats = Reduce.Function.allCases.filter { $0 != .any && $0 != .all }
  private static let onIntegers: [Reduce.Function] = [.sum, .prod, .max, .min, .l1]

  @Test(arguments: onFloats, [[], [0], [-1], [2, 0], [1, 2]])
  func reducesFloats(function: Reduce.Function, axes: [Int]) throws {
    for keepDims in [false, true] {
      try expectAgreement(Reduce(function, axes: axes, keepDims: keepDims), [.floats([2, 3, 5])], within: 2e-5)
    }
    try expectAgreement(Reduce(function, axes: axes), [.floats([batch, 3, time])], within: 2e-5, dims: ["B": 2, "T": 3])
    try expectAgreement(Reduce(function, axes: axes), [TensorType(.float64, [2, 3, 5])], within: 1e-14)
  }

  @Test(arguments: onIntegers, [DType.int8, .uint8, .int32, .int64, .uint64])
  func reducesIntegers(function: Reduce.Function, dtype: DType) throws {
    try expectAgreement(Reduce(function, axes: [1]), [TensorType(dtype, [3, 7, 2])])
    let edges = Tensor(dtype, [4], integers: [.max, .min, -1, 1])
    try expectAgreement(Reduce(function), [edges.type], inputs: [0: edges])
  }

  @Test(arguments: [Reduce.Function.any, .all])
  func reducesBool(function: Reduce.Function) throws {
    try expectAgreement(Reduce(function, axes: [0]), [TensorType(.bool, [2, 7])])
    try expectAgreement(Reduce(function), [TensorType(.bool, [1])])
  }

  @Test(arguments: [DType.float16, .bfloat16])
  func sumsHalvesInSinglePrecision(dtype: DType) throws {
    let ones = Tensor(dtype, [4_096], [Double](repeating: 1, count: 4_096))
    try expectAgreement(Reduce(.sum), [ones.type], inputs: [0: ones])
    #expect(try result(Reduce(.sum), [ones]).doubles == [4_096])
  }

  @Test(
    arguments: [
      [-Double.infinity, -.infinity], [.infinity, 1], [-.infinity, 3], [400, 400], [-400, -400], [.nan, .nan], [.nan, 2, 1],
    ])
  func staysFiniteAndSkipsNaNsWhereItSays(row: [Double]) throws {
    let x = Tensor(.float32, [row.count], row)
    for function in [Reduce.Function.logSumExp, .max, .min] {
      try expectAgreement(Reduce(function), [x.type], within: 1e-6, inputs: [0: x])
    }
    if row.contains(where: \.isNaN) { #expect(try !result(Reduce(.max), [x]).doubles[0].isNaN) }
  }

  @Test func refusesWhatHasNoMeaning() {
    #expect(throws: Diagnostic.self) { try Reduce(.mean).infer([TensorType(.int32, [2])]) }
    #expect(throws: Diagnostic.self) { try Reduce(.any).infer([TensorType(.float32, [2])]) }
    #expect(throws: Diagnostic.self) { try Reduce(.sum).infer([TensorType(.bool, [2])]) }
    #expect(throws: Diagnostic.self) { try Reduce(.sum, axes: [2]).infer([.floats([2, 3])]) }
    #expect(throws: Diagnostic.self) { try Reduce(.sum, axes: [0, -2]).infer([.floats([2, 3])]) }
  }

  @Test func ofNothingGivesWhatChangesNothing() throws {
    let none = Tensor(floats: [], [0, 1])
    let expected: [Reduce.Function: Float] = [.sum: 0, .prod: 1, .max: -.infinity, .min: .infinity, .l1: 0, .l2: 0, .logSumExp: -.infinity]
    for (function, value) in expected { #expect(try result(Reduce(function, axes: [0]), [none]).floats == [value]) }
    #expect(try result(Reduce(.mean, axes: [0]), [none]).floats[0].isNaN)
    let integers = Tensor(.int16, [0], integers: [])
    #expect(try result(Reduce(.max), [integers]).integers == [-32768])
    #expect(try result(Reduce(.min), [integers]).integers == [32767])
    try expectAgreement(Reduce(.max, axes: [0]), [TensorType(.uint8, [0, 3])])
  }

  @Test func widensSumsOfIntegers() throws {
    let op = Reduce(.sum, axes: [1], widens: true)
    let large = Tensor(.uint8, [2, 3], [255, 254, 253, 0, 1, 255])
    #expect(try op.evaluate([large]) == [Tensor(.int32, [2], [762, 256])])
    #expect(try LoweredNode(op, [large.type]).run([large])[0] == Tensor(.int32, [2], [762, 256]))
    #expect(try disagreement(op, [TensorType(.int8, [4, 7, 3])], seed: 7, draw: .whole) == 0)
    #expect(throws: Diagnostic.self) { try Reduce(.max, axes: [1], widens: true).infer([large.type]) }
    #expect(throws: Diagnostic.self) { try Reduce(.sum, widens: true).infer([TensorType(.float32, [2, 3])]) }
  }
}
