import ONNXProto
import Readers
import Tensors
import Testing

@Suite struct ONNXTransposedConvolutionTests {
  private typealias Text = ONNXModelText

  /// `[1, 2]` spread over `[1, 1, 2, 2]`, of which as many elements are wanted.
  @Test(
    arguments: [
      (2, [1, 2], [1, 2]), (3, [1, 2, 2], [1, 1, 2]), (4, [1, 1, 2, 2], [1, 1, 2, 2]), (5, [1, 1, 2, 2, 0], [1, 1, 2, 2, 0]),
      (7, [1, 1, 2, 2, 0, 0, 0], [1, 1, 2, 2, 0, 0, 0]),
    ] as [(Int64, [Float], [Float])])
  func theOutputIsAsLongAsAsked(length: Int64, lower: [Float], upper: [Float]) throws {
    for (automatic, expected) in [("NOTSET", lower), ("SAME_UPPER", upper)] {
      var model = Text(inputs: [("x", TensorType(.float32, [1, 1, 2]))], outputs: ["y"])
      model.initializer("w", Tensor(floats: [1, 1], [1, 1, 2]))
      let attributes = [Text.ints("strides", [2]), Text.ints("output_shape", [length]), Text.string("auto_pad", automatic)]
      model.node("ConvTranspose", ["x", "w"], ["y"], attributes)
      #expect(try model.run([Tensor(floats: [1, 2], [1, 1, 2])])[0].floats == expected, "\(automatic)")
    }
  }
}
