import Tensors
import Testing

@Suite struct StridedReadingTests {
  private let numbers = Tensor(.int16, [2, 3], integers: [0, 1, 2, 3, 4, 5])

  @Test func stridesOrderTheElements() {
    #expect(numbers.read([3, 2], strides: [1, 3]).integers == [0, 3, 1, 4, 2, 5])
    #expect(numbers.read([2, 3], strides: [-3, -1], from: 5).integers == [5, 4, 3, 2, 1, 0])
    #expect(numbers.read([2, 2], strides: [0, 2], from: 1).integers == [1, 3, 1, 3])
  }

  @Test func aScalarAndNothingAreRead() {
    #expect(numbers.read([], strides: [], from: 4) == Tensor(.int16, [], integers: [4]))
    #expect(numbers.read([2, 0], strides: [7, 7]).bytes.isEmpty)
  }

  @Test(arguments: [DType.uint8, .float16, .float32, .float64]) func everyWidthIsRead(dtype: DType) {
    let tensor = Tensor(dtype, [2, 2], [1, 2, 3, 4])
    #expect(tensor.read([2, 2], strides: [1, 2]).doubles == [1, 3, 2, 4])
  }
}
