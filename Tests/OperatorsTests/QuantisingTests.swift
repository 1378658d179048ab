import GraphIR
import LoopIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct QuantisingTests {
  private static let integers: [DType] = [.int8, .uint8, .int16, .uint16, .int4, .uint4, .int2, .uint2]
  private static let floats: [DType] = [.float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float4e2m1]

  /// What `evaluate` and the nest both give.
  private func outcome(_ map: Map, _ inputs: [Tensor]) throws -> Tensor {
    let expected = try map.evaluate(inputs)[0]
    #expect(try LoweredNode(map, inputs.map(\.type)).run(inputs)[0] == expected, "\(map.body.body)")
    return expected
  }

  @Test(arguments: integers) func roundsTiesToEvenAndStaysWithinBounds(dtype: DType) throws {
    let map = Map.quantising(.float32, by: .float32, to: dtype, hasZeroPoint: true)
    let values: [Double] = [0, 1, 3, 5, -1, -3, 2.2, -2.2, 1e9, -1e9, 3e38, -3e38, .infinity, -.infinity]
    let inputs = [Tensor(.float32, [values.count], values), Tensor(.float32, [], [2]), Tensor(dtype, [], [1])]
    let range = dtype.integerRange
    let expected = [0.0, 0, 2, 2, -0.0, -2, 1, -1, 1e9, -1e9, 1e9, -1e9, 1e9, -1e9].map { Int64($0) + 1 }
    #expect(try outcome(map, inputs).integers == expected.map { min(max($0, range.lowerBound), range.upperBound) })
  }

  /// 0.5 / 0.019607844 is 25.5 in float32 and a little less in between.
  @Test func aQuotientThatIsATieInItsTypeIsOne() throws {
    let (x, scale) = (Tensor(floats: [0.5, -0.5], [2]), Tensor(floats: [5 / 255], []))
    #expect(0.5 / scale.doubles[0] != 25.5 && x.floats[0] / scale.floats[0] == 25.5)
    #expect(try outcome(Map.quantising(.float32, by: .float32, to: .int8, hasZeroPoint: false), [x, scale]).integers == [26, -26])
  }

  @Test(arguments: floats) func roundsToTheNumbersOfSmallFloats(dtype: DType) throws {
    let map = Map.quantising(.float32, by: .float32, to: dtype, hasZeroPoint: false)
    let values: [Double] = [0, 3, -3, 1e9, -1e9, 0.26, 11.1]
    let found = try outcome(map, [Tensor(.float32, [values.count], values), Tensor(.float32, [], [2])])
    #expect(found == Tensor(dtype, [values.count], values.map { Double(Float($0) / 2) }))
  }

  @Test func dividesInTheTypeThatIsAskedFor() throws {
    let (x, scale) = (Tensor(.float16, [3], [2049, 33.75, -7.5]), Tensor(.float32, [], [1.5]))
    let wide = Map.quantising(.float16, by: .float32, to: .int16, hasZeroPoint: false)
    #expect(try outcome(wide, [x, scale]).integers == [1365, 22, -5])
    let narrow = Map.quantising(.float16, by: .float32, to: .int16, hasZeroPoint: false, precision: .bfloat16)
    #expect(try outcome(narrow, [x, scale]).integers == [1368, 22, -5])
    let exact = Map.quantising(.int32, by: .float32, to: .int16, hasZeroPoint: false)
    #expect(try outcome(exact, [Tensor(.int32, [1], [16_777_217]), Tensor(.float32, [], [16_777_216])]).integers == [1])
  }

  @Test(arguments: integers, [DType.float32, .float16, .bfloat16])
  func dequantisingGoesBack(dtype: DType, scaleType: DType) throws {
    let range = dtype.integerRange
    let values = [range.lowerBound, range.upperBound, 0, 1]
    let map = Map.dequantising(dtype, by: scaleType, to: scaleType, hasZeroPoint: true)
    let found = try outcome(map, [Tensor(dtype, [4], integers: values), Tensor(scaleType, [], [0.5]), Tensor(dtype, [], [1])])
    #expect(found == Tensor(scaleType, [4], values.map { Double($0 - 1) / 2 }))
  }

  @Test(arguments: floats) func smallFloatsHaveNoZeroPoint(dtype: DType) throws {
    let map = Map.dequantising(dtype, by: .float32, to: .float32, hasZeroPoint: true)
    let x = Tensor(dtype, [3], [0.5, -3, 6])
    #expect(try outcome(map, [x, Tensor(.float32, [], [3]), Tensor(dtype, [], [0])]).doubles == [1.5, -9, 18])
  }

  @Test func requantisesSumsAsTheStandardComputesThem() throws {
    let sums = Tensor(.int32, [6], integers: [3, 5, -3, 1000, -1000, 16_777_217])
    let map = Map.requantising(by: .float32, to: .int8, hasZeroPoint: true)
    let found = try outcome(map, [sums, Tensor(.float32, [], [0.5]), Tensor(.int8, [], [1])])
    #expect(found.integers == [2, 4, 0, 127, -128, 127])
    let plain = Map.requantising(by: .float16, to: .uint8, hasZeroPoint: false)
    #expect(try outcome(plain, [sums, Tensor(.float16, [], [0.5])]).integers == [2, 2, 0, 255, 0, 255])
  }
}
