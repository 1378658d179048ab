import ONNXProto
import Readers
import Tensors
import Testing

/// Recurrent layers and quantised networks, as exporters write them.
@Suite struct ONNXRecurrentTests {
  private typealias Text = ONNXModelText

  private func strings(_ name: String, _ values: [String]) -> ONNXAttributeProto {
    .with { ($0.name, $0.strings, $0.type) = (name, values.map { .init($0.utf8) }, .strings) }
  }

  private func floats(_ name: String, _ values: [Float]) -> ONNXAttributeProto {
    .with { ($0.name, $0.floats, $0.type) = (name, values, .floats) }
  }

  /// `h' = x + h / 2` in both directions over rows of one and of three steps.
  @Test(arguments: [false, true]) func bothDirectionsStartAtTheEndsOfTheirRows(isBatchMajor: Bool) throws {
    let dims = isBatchMajor ? [2, 3, 1] : [3, 2, 1]
    var model = Text(inputs: [("x", TensorType(.float32, Shape(dims)))], outputs: ["y", "h"])
    model.initializer("w", Tensor(floats: [1, 1], [2, 1, 1]))
    model.initializer("r", Tensor(floats: [0.5, 0.5], [2, 1, 1]))
    model.initializer("lengths", Tensor(.int32, [2], integers: [1, 3]))
    let attributes = [
      strings("activations", ["Affine", "Affine"]), Text.string("direction", "bidirectional"), Text.int("hidden_size", 1),
      Text.int("layout", isBatchMajor ? 1 : 0),
    ]
    model.node("RNN", ["x", "w", "r", "", "lengths"], ["y", "h"], attributes)
    let values: [Float] = isBatchMajor ? [4, 8, 16, 1, 2, 4] : [4, 1, 8, 2, 16, 4]
    let found = try model.run([Tensor(floats: values, dims)])
    let (forward, backward): ([Float], [Float]) = ([4, 0, 0, 1, 2.5, 5.25], [4, 0, 0, 3, 4, 4])
    var expected: [Float] = []
    for t in 0..<6 where isBatchMajor { expected += [forward[t], backward[t]] }
    for t in 0..<3 where !isBatchMajor { expected += [forward[t], forward[3 + t], backward[t], backward[3 + t]] }
    #expect(found[0] == Tensor(floats: expected, isBatchMajor ? [2, 3, 2, 1] : [3, 2, 2, 1]))
    #expect(found[1] == Tensor(floats: isBatchMajor ? [4, 4, 5.25, 3] : [4, 5.25, 4, 3], [2, 2, 1]))
  }

  /// Functions take numbers from the two lists only where they have them.
  @Test func activationsTakeTheirNumbersInOrder() throws {
    var model = Text(inputs: [("x", TensorType(.float32, [1, 1, 1]))], outputs: ["", "h"])
    model.edit { $0.graph.output = [.with { $0.name = "h" }, .with { $0.name = "c" }] }
    model.initializer("w", Tensor(floats: [1, 2, 3, 4], [1, 4, 1]))
    model.initializer("r", Tensor(floats: [0, 0, 0, 0], [1, 4, 1]))
    let attributes = [
      strings("activations", ["Affine", "Relu", "Affine"]), floats("activation_alpha", [0.5, 10]), floats("activation_beta", [0, 1]),
      Text.int("hidden_size", 1),
    ]
    model.node("LSTM", ["x", "w", "r"], ["", "h", "c"], attributes)
    // Gates i = 0.5, o = 1, f = 1.5; candidate 4; c = 2, h = o * (10 c + 1).
    let found = try model.run([Tensor(floats: [1], [1, 1, 1])])
    #expect(found.map(\.floats) == [[21], [2]])
  }

  @Test func unknownActivationsAreRefused() {
    var model = Text(inputs: [("x", TensorType(.float32, [1, 1, 1]))], outputs: ["y"])
    model.initializer("w", Tensor(floats: [1], [1, 1, 1]))
    model.node("RNN", ["x", "w", "w"], ["y"], [strings("activations", ["Wave"])])
    #expect(model.problems().contains("the activation \"Wave\""))
    model.edit { $0.graph.node[0].attribute = [strings("activations", ["Relu", "Relu"])] }
    #expect(model.problems().contains("2 activations are given"))
  }

  @Test func productsOfQuantisedTensorsAreExact() throws {
    var model = Text(inputs: [("a", TensorType(.uint8, [2, 2]))], outputs: ["y", "z"])
    model.initializer("b", Tensor(.int8, [2, 2], integers: [-128, 1, 127, 0]))
    model.initializer("az", Tensor(.uint8, [2], integers: [255, 0]))
    model.initializer("bz", Tensor(.int8, [2], integers: [1, 0]))
    model.node("MatMulInteger", ["a", "b", "az", "bz"], ["y"])
    model.initializer("s", Tensor(floats: [0.5], []))
    model.initializer("u", Tensor(floats: [0.25], []))
    model.initializer("zero", Tensor(.uint8, [], integers: [0]))
    model.initializer("one", Tensor(.int8, [], integers: [1]))
    model.initializer("none", Tensor(.int8, [], integers: [0]))
    model.node("QLinearMatMul", ["a", "s", "zero", "b", "s", "none", "u", "one"], ["z"])
    let found = try model.run([Tensor(.uint8, [2, 2], integers: [0, 255, 1, 2])])
    #expect(found[0] == Tensor(.int32, [2, 2], integers: [32895, -255, -129 + 252, 1]))
    #expect(found[1] == Tensor(.int8, [2, 2], integers: [127, 1, 127, 2]))
  }

  @Test func paddingOfQuantisedConvolutionsIsTheZeroPoint() throws {
    var model = Text(inputs: [("x", TensorType(.uint8, [1, 1, 3]))], outputs: ["y"])
    model.initializer("w", Tensor(.int8, [1, 1, 3], integers: [1, 1, 1]))
    model.initializer("z", Tensor(.uint8, [], integers: [10]))
    model.node("ConvInteger", ["x", "w", "z"], ["y"], [Text.ints("pads", [1, 1])])
    let found = try model.run([Tensor(.uint8, [1, 1, 3], integers: [11, 12, 13])])
    #expect(found == [Tensor(.int32, [1, 1, 3], integers: [3, 6, 5])])
  }

  @Test func scalesLieAlongAnAxisOrInBlocks() throws {
    var model = Text(inputs: [("x", TensorType(.float32, [2, 3]))], outputs: ["y", "z"])
    model.initializer("s", Tensor(floats: [1, 2], [2]))
    model.initializer("t", Tensor(floats: [1, 2, 4, 8], [2, 2]))
    model.node("QuantizeLinear", ["x", "s"], ["y"], [Text.int("axis", 0)])
    model.node("QuantizeLinear", ["x", "t"], ["z"], [Text.int("axis", 1), Text.int("block_size", 2), Text.int("output_dtype", 3)])
    let found = try model.run([Tensor(floats: [2.5, -1, 300, 8, 12, 20], [2, 3])])
    #expect(found[0] == Tensor(.uint8, [2, 3], integers: [2, 0, 255, 4, 6, 10]))
    #expect(found[1] == Tensor(.int8, [2, 3], integers: [2, -1, 127, 2, 3, 2]))
  }

  @Test func runtimeOperatorsOnQuantisedTensors() throws {
    var model = Text(inputs: [("a", TensorType(.uint8, [2])), ("b", TensorType(.uint8, [2]))], outputs: ["y"])
    model.initializer("s", Tensor(floats: [0.5], [1]))
    model.initializer("z", Tensor(.uint8, [1], integers: [128]))
    model.node("QLinearAdd", ["a", "s", "z", "b", "s", "z", "s", "z"], ["y"], domain: "com.microsoft")
    let found = try model.run([Tensor(.uint8, [2], integers: [130, 255]), Tensor(.uint8, [2], integers: [120, 255])])
    #expect(found == [Tensor(.uint8, [2], integers: [122, 255])])
  }
}
