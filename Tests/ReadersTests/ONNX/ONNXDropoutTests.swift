import GraphIR
import ONNXProto
import Readers
import Tensors
import Testing

@Suite struct ONNXDropoutTests {
  private typealias Text = ONNXModelText

  private let x = Tensor(.float32, [40, 50], integers: (1...2000).map { $0 })

  private func model(opset: Int64 = 21, _ shape: Shape = [], outputs: [String] = ["y", "mask"], seed: Int64 = 5) -> Text {
    var model = Text(
      opset: opset,
      inputs: [("x", x.type), ("ratio", TensorType(.float32, shape)), ("training", TensorType(.bool, shape))], outputs: outputs)
    model.node("Dropout", ["x", "ratio", "training"], outputs, [Text.int("seed", seed)])
    return model
  }

  private func run(_ model: Text, _ ratio: Float, _ isTraining: Bool, _ dims: [Int] = []) throws -> [Tensor] {
    try model.run([x, Tensor(floats: [ratio], dims), Tensor(.bool, dims, integers: [isTraining ? 1 : 0])])
  }

  @Test(arguments: [[], [1]]) func aRunDecidesWhetherItTrains(dims: [Int]) throws {
    let model = model(Shape(dims))
    for (ratio, isTraining) in [(0.75, false), (0, true), (1, false)] as [(Float, Bool)] {
      let found = try run(model, ratio, isTraining, dims)
      #expect(found[0] == x && found[1].integers.allSatisfy { $0 == 1 }, "\(ratio)")
    }
    let found = try run(model, 0.75, true, dims)
    let kept = found[1].integers.reduce(0, +)
    #expect((400...600).contains(kept), "about 500 of 2,000 stay")
    #expect(found[0].floats == zip(x.floats, found[1].integers).map { $1 == 1 ? $0 * 4 : 0 })
  }

  @Test func theSeedChoosesTheMask() throws {
    let masks = try [5, 5, 6].map { try run(model(seed: $0), 0.5, true)[1] }
    #expect(masks[0] == masks[1] && masks[0] != masks[2])
  }

  @Test func everythingIsDroppedAtTheRatioOne() throws {
    let found = try run(model(), 1, true)
    #expect(found[0].floats.allSatisfy { $0 == 0 } && found[1].integers.allSatisfy { $0 == 0 })
  }

  @Test func aModelThatIsAlwaysInTrainingIsRefused() throws {
    var model = model(outputs: ["y"])
    model.edit { $0.graph.input.removeLast() }
    model.initializer("training", Tensor(.bool, [], integers: [1]))
    model.edit { proto in
      proto.graph.input.removeLast()
      proto.graph.initializer.append(Text.tensor(Tensor(floats: [0.5], []), name: "ratio"))
    }
    #expect(model.problems().contains("training_mode is true"))
    model.edit { $0.graph.initializer[1] = Text.tensor(Tensor(floats: [0], []), name: "ratio") }
    #expect(try model.run([x]) == [x])
  }

  /// Masks had the type of the elements at first.
  @Test(arguments: [(6, .float32), (9, .float32), (10, .bool)] as [(Int64, DType)]) func inferenceKeepsEverything(opset: Int64, mask: DType)
    throws
  {
    var model = Text(opset: opset, inputs: [("x", TensorType(.float32, [3]))], outputs: ["y", "mask"])
    model.node("Dropout", ["x"], ["y", "mask"])
    let values = Tensor(floats: [1, .nan, .infinity], [3])
    let found = try model.run([values])
    #expect(found[0].bytes == values.bytes && found[1] == Tensor(mask, [3], [1, 1, 1]))
  }
}
