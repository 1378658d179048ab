import GraphIR
import ONNXProto
import Readers
import Tensors
import Testing

private typealias Text = ONNXModelText

@Suite struct ONNXPlacesTests {
  /// What one node makes of inputs.
  private func run(
    _ name: String, _ inputs: [Tensor], _ attributes: [ONNXAttributeProto] = [], opset: Int64 = 21, domain: String = "", outputs: Int = 1
  ) throws -> [Tensor] {
    let names = inputs.indices.map { "x\($0)" }
    let results = (0..<outputs).map { "y\($0)" }
    var model = Text(opset: opset, inputs: zip(names, inputs.map(\.type)).map { ($0, $1) }, outputs: results)
    model.node(name, names, results, attributes, domain: domain)
    return try model.run(inputs)
  }

  @Test func aTriangleKeepsAnyTypeAndTheDiagonalMayBeComputed() throws {
    let x = Tensor(.bool, [2, 3], integers: [1, 1, 1, 1, 1, 1])
    let upper = try run("Trilu", [x, Tensor(.int64, [], integers: [1])])
    #expect(upper == [Tensor(.bool, [2, 3], integers: [0, 1, 1, 0, 0, 1])])
    let lower = try run("Trilu", [Tensor(floats: [.nan, 2, 3, 4], [2, 2])], [Text.int("upper", 0)])
    #expect(lower[0].doubles[0].isNaN && Array(lower[0].doubles.dropFirst()) == [0, 3, 4])
  }

  @Test func indicesOfOneHotWrapOnceOrNotAtAll() throws {
    let indices = Tensor(.int64, [4], integers: [0, -1, 3, -4])
    var model = Text(opset: 11, inputs: [("i", indices.type), ("v", TensorType(.int32, [2]))], outputs: ["y"])
    model.initializer("depth", Tensor(floats: [3], [1]))
    model.node("OneHot", ["i", "depth", "v"], ["y"], [Text.int("axis", 0)])
    let values = Tensor(.int32, [2], integers: [5, 7])
    #expect(try model.run([indices, values]) == [Tensor(.int32, [3, 4], integers: [7, 5, 5, 5, 5, 5, 5, 5, 5, 7, 5, 5])])
    model.edit { $0.opsetImport[0].version = 9 }
    #expect(try model.run([indices, values]) == [Tensor(.int32, [3, 4], integers: [7, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5])])
  }

  @Test(arguments: [(1, [0, 1, 0, 0, 0, 0, 0, 0]), (2, [0, 1, 0, 0, 0, 0, 1, 0])])
  func hardmaxMergedAxesUntilOpset12(axis: Int, expected: [Double]) throws {
    let x = Tensor(floats: [1, 3, 3, 2, 0, 2, 3, 1], [1, 2, 4])
    let merged = try run("Hardmax", [x], [Text.int("axis", Int64(axis))], opset: 11)
    #expect(merged == [Tensor(.float32, [1, 2, 4], expected)])
    #expect(try run("Hardmax", [x], opset: 13)[0].doubles == [0, 1, 0, 0, 0, 0, 1, 0])
  }

  @Test func oddDifferencesAreCutAndPaddedAtTheEnd() throws {
    var model = Text(inputs: [("x", TensorType(.int32, [4, 1]))], outputs: ["y"])
    model.initializer("shape", Tensor(.int64, [2], integers: [4, 1]))
    model.node("CenterCropPad", ["x", "shape"], ["y"], [Text.ints("axes", [-1, 0])])
    let cut = try model.run([Tensor(.int32, [4, 1], integers: [1, 2, 3, 4])])
    #expect(cut == [Tensor(.int32, [1, 4], integers: [0, 2, 0, 0])])
  }

  @Test func samplesThatAreIgnoredDoNotCountInTheMean() throws {
    let x = Tensor(floats: [-1, -2, -3, -4, -5, -6], [3, 2])
    let labels = Tensor(.int32, [3], integers: [1, 7, 0])
    let weights = Tensor(floats: [1, 3], [2])
    let mean = try run("NegativeLogLikelihoodLoss", [x, labels, weights], [Text.int("ignore_index", 7)])
    #expect(mean == [Tensor(floats: [(2 * 3 + 5 * 1) / 4], [])])
    let each = try run(
      "NegativeLogLikelihoodLoss", [x, labels, weights], [Text.int("ignore_index", 7), Text.string("reduction", "none")])
    #expect(each == [Tensor(floats: [6, 0, 5], [3])])
  }

  @Test func trainingMovesTheStatisticsOfABatchNormalisation() throws {
    let x = Tensor(floats: [1, 3, 10, 10, 5, 7, 10, 10], [2, 2, 2])
    let vectors = [[1, 2], [0, 1], [0, 0], [1, 1]].map { Tensor(floats: $0, [2]) }
    let results = try run(
      "BatchNormalization", [x] + vectors, [Text.int("training_mode", 1), Text.float("momentum", 0.5), Text.float("epsilon", 4)],
      outputs: 3)
    let expected: [Double] = [-3, -1, 3, 3, 1, 3, 3, 3]
    #expect(zip(results[0].doubles, expected).allSatisfy { abs($0 * 3 - $1) < 1e-5 })
    #expect(results[1] == Tensor(floats: [2, 5], [2]) && results[2] == Tensor(floats: [3, 0.5], [2]))
  }

  @Test func severalTensorsTakeOneStepOfMomentum() throws {
    let scalars = [Tensor(floats: [0.5], []), Tensor(.int64, [], integers: [0])]
    let tensors = [[1], [2, 4], [2], [4, 8], [1], [0, 2]].map { Tensor(floats: $0, [$0.count]) }
    let results = try run(
      "Momentum", scalars + tensors,
      [Text.float("alpha", 0.5), Text.float("beta", 9), Text.float("norm_coefficient", 1), Text.string("mode", "nesterov")],
      domain: "ai.onnx.preview.training", outputs: 4)
    // At the first step beta counts as 1: gradients 3, 6, 12, new momenta 3.5, 6, 13.
    #expect(results.map(\.doubles) == [[1 - 0.5 * 4.75], [2 - 0.5 * 9, 4 - 0.5 * 18.5], [3.5], [6, 13]])
  }

  @Test func whatIsNotKnownIsNamed() {
    var model = Text(
      inputs: [("x", TensorType(.int64, [2])), ("depth", TensorType(.int64, [])), ("v", TensorType(.float32, [2]))], outputs: ["y"])
    model.node("OneHot", ["x", "depth", "v"], ["y"])
    #expect(model.problems().contains("the extent \"y.1\" is computed when the model runs"))
    var grid = Text(inputs: [("x", TensorType(.float32, [1, 2, 3]))], outputs: ["y"])
    grid.initializer("size", Tensor(.int64, [4], integers: [1, 1, 1, 5]))
    grid.node("AffineGrid", ["x", "size"], ["y"], [Text.int("align_corners", 1)])
    #expect(grid.problems().contains("a grid of 1 places along an axis"))
  }
}
