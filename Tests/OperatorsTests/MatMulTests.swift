import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct MatMulTests {
  @Test(
    arguments: [
      ([3, 5], [5, 7]), ([1, 1], [1, 1]), ([2, 3, 4], [4, 2]), ([2, 1, 3, 4], [5, 4, 2]), ([4, 3], [3, 1]),
    ], [false, true])
  func lowersToItsMeaning(shapes: ([Int], [Int]), transposed: Bool) throws {
    let (a, b) = (transposed ? swapped(shapes.0) : shapes.0, transposed ? swapped(shapes.1) : shapes.1)
    let op = MatMul(transposeA: transposed, transposeB: transposed)
    let types = [TensorType(.float32, Shape(a)), TensorType(.float32, Shape(b))]
    for seed in UInt64(0)..<5 {
      for draw in Draw.allCases { #expect(try disagreement(op, types, seed: seed, draw: draw) < 1e-6, "seed \(seed), \(draw)") }
    }
  }

  @Test(arguments: [(DType.uint8, DType.int8), (.int8, .int8), (.int16, .uint8), (.int32, .int16)])
  func widensIntegers(a: DType, b: DType) throws {
    let types = [TensorType(a, [2, 3, 9]), TensorType(b, [9, 4])]
    #expect(try MatMul(widens: true).infer(types) == [TensorType(.int32, [2, 3, 4])])
    for seed in UInt64(0)..<3 { #expect(try disagreement(MatMul(widens: true), types, seed: seed, draw: .whole) == 0, "seed \(seed)") }
  }

  @Test(arguments: [(DType.uint8, DType.uint8), (.int8, .uint8), (.int16, .int8)], [(3, 0), (0, 128), (255, -7)])
  func subtractsZeros(dtypes: (DType, DType), zeros: (Int, Int)) throws {
    for transposed in [false, true] {
      let op = MatMul(transposeB: transposed, widens: true, zeroA: zeros.0, zeroB: zeros.1)
      let types = [TensorType(dtypes.0, [3, 5, 7]), TensorType(dtypes.1, transposed ? [3, 4, 7] : [3, 7, 4])]
      for draw in [Draw.whole, .hard] { #expect(try disagreement(op, types, seed: 5, draw: draw) == 0) }
    }
    #expect(throws: Diagnostic.self) { try MatMul(zeroA: 1).infer([TensorType(.uint8, [2, 2]), TensorType(.uint8, [2, 2])]) }
  }

  @Test func sumsProductsThatNarrowIntegersDoNotHold() throws {
    let (a, b) = (Tensor(.uint8, [1, 3], [255, 255, 1]), Tensor(.int8, [3, 1], [-128, -128, 127]))
    #expect(try MatMul(widens: true).evaluate([a, b])[0] == Tensor(.int32, [1, 1], [-65153]))
    #expect(try LoweredNode(MatMul(widens: true), [a.type, b.type]).run([a, b])[0] == Tensor(.int32, [1, 1], [-65153]))
  }

  @Test func sumsHalvesInSinglePrecision() throws {
    let ones = Tensor(.float16, [1, 4096], [Double](repeating: 1, count: 4096))
    let found = try LoweredNode(MatMul(transposeB: true), [ones.type, ones.type]).run([ones, ones])[0]
    #expect(found.doubles == [4096])
  }

  @Test func refusesToWidenWhatInt32DoesNotHold() {
    for dtype in [DType.float32, .int64, .uint32, .bool] {
      #expect(throws: Diagnostic.self) { try MatMul(widens: true).infer([TensorType(.int8, [2, 3]), TensorType(dtype, [3, 2])]) }
    }
  }

  @Test func refusesInnerExtentsThatDiffer() {
    #expect(throws: Diagnostic.self) { try MatMul().infer([TensorType(.float32, [2, 3]), TensorType(.float32, [4, 2])]) }
  }

  private func swapped(_ dims: [Int]) -> [Int] { dims.dropLast(2) + [dims[dims.count - 1], dims[dims.count - 2]] }
}
