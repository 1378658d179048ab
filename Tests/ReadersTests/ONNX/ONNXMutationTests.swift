import GraphIR
import Lowering
import ONNXProto
import Passes
import Readers
import Tensors
import Testing

/// Thousands of damaged models: each is refused with a message, or goes all the way down. Nothing crashes or hangs.
@Suite struct ONNXMutationTests {
  private typealias Text = ONNXModelText

  private static var layers: Text {
    var model = Text(inputs: [("x", TensorType(.float32, [1, 3, 8, 8]))], outputs: ["y"])
    var generator = SeededGenerator(3)
    func weights(_ name: String, _ dims: [Int]) { model.initializer(name, Tensor.random(.float32, dims, .small, using: &generator)) }
    for (name, dims) in [("w", [4, 3, 3, 3]), ("b", [4]), ("m", [4]), ("v", [4]), ("d", [64, 5])] { weights(name, dims) }
    model.node("Conv", ["x", "w", "b"], ["c"], [Text.ints("pads", [1, 1, 1, 1]), Text.ints("strides", [1, 1]), Text.int("group", 1)])
    model.node("BatchNormalization", ["c", "b", "b", "m", "v"], ["n"], [Text.float("epsilon", 1e-3)])
    model.node("MaxPool", ["n"], ["p"], [Text.ints("kernel_shape", [2, 2]), Text.ints("strides", [2, 2]), Text.int("ceil_mode", 1)])
    model.node("Flatten", ["p"], ["f"], [Text.int("axis", 1)])
    model.node("Gemm", ["f", "d"], ["g"], [Text.int("transB", 0), Text.float("alpha", 0.5)])
    model.node("Softmax", ["g"], ["y"], [Text.int("axis", -1)])
    return model
  }

  private static var shapes: Text {
    var model = Text(inputs: [("x", TensorType(.float32, [2, 6, 4])), ("i", TensorType(.int64, [3]))], outputs: ["y", "z"])
    for (name, values) in [("zero", [0]), ("two", [2]), ("ends", [5]), ("axis", [1]), ("parts", [3, 3]), ("pads", [0, 1, 0, 0, 1, 0])]
      as [(String, [Int64])]
    {
      model.initializer(name, Tensor(.int64, [values.count], integers: values))
    }
    model.node("Shape", ["x"], ["shape"])
    model.node("Gather", ["shape", "zero"], ["batch"], [Text.int("axis", 0)])
    model.node("Concat", ["batch", "ends", "two"], ["target"], [Text.int("axis", 0)])
    model.node("Slice", ["x", "two", "ends", "axis"], ["s"])
    model.node("Pad", ["s", "pads"], ["padded"], [Text.string("mode", "reflect")])
    model.node("ReduceSum", ["padded", "two"], ["sum"], [Text.int("keepdims", 1)])
    model.node("Tile", ["sum", "zero3"], ["tiled"])
    model.initializer("zero3", Tensor(.int64, [3], integers: [1, 1, 2]))
    model.node("Reshape", ["tiled", "target"], ["y"], [Text.int("allowzero", 0)])
    model.node("Split", ["x", "parts"], ["left", "right"], [Text.int("axis", 1)])
    model.node("Gather", ["left", "i"], ["z"], [Text.int("axis", 1)])
    return model
  }

  private static let odd: [Int64] = [0, -1, 1, 2, 3, 17, 65_536, 1 << 31, 1 << 32 + 1, 1 << 62, .max, .min]
  private static let operators = [
    "Relu", "Add", "Where", "Conv", "ConvTranspose", "MaxPool", "AveragePool", "Gemm", "MatMul", "Concat", "Split", "Slice", "Transpose",
    "Reshape",
    "Squeeze", "Unsqueeze", "Expand", "Gather", "GatherElements", "Tile", "Pad", "Softmax", "LayerNormalization", "BatchNormalization",
    "ReduceMax",
    "CumSum", "TopK", "ArgMax", "Shape", "ConstantOfShape", "Cast", "Clip", "Einsum", "LSTM", "Resize", "Loop", "If", "Dropout",
    "DepthToSpace",
  ]

  /// The model with one to three of its numbers, names or operators replaced.
  private static func edited(_ model: ONNXModelProto, seed: UInt64) -> ONNXModelProto {
    var generator = SeededGenerator(seed)
    var copy = model
    for _ in 0..<Int.random(in: 1...3, using: &generator) { edit(&copy, &generator) }
    return copy
  }

  private static func edit(_ model: inout ONNXModelProto, _ generator: inout SeededGenerator) {
    let number = odd.randomElement(using: &generator) ?? 0
    guard let node = model.graph.node.indices.randomElement(using: &generator),
      let weight = model.graph.initializer.indices.randomElement(using: &generator)
    else { return }
    let names = model.graph.node.flatMap { $0.output + $0.input }
    switch Int.random(in: 0..<7, using: &generator) {
    case 0:
      guard let attribute = model.graph.node[node].attribute.indices.randomElement(using: &generator) else { return }
      model.graph.node[node].attribute[attribute].i = number
      if let place = model.graph.node[node].attribute[attribute].ints.indices.randomElement(using: &generator) {
        model.graph.node[node].attribute[attribute].ints[place] = number
      }
    case 1:
      guard let axis = model.graph.initializer[weight].dims.indices.randomElement(using: &generator) else { return }
      model.graph.initializer[weight].dims[axis] = number
    case 2:
      guard let axis = model.graph.input[0].type.tensorType.shape.dim.indices.randomElement(using: &generator) else { return }
      model.graph.input[0].type.tensorType.shape.dim[axis].dimValue = number
    case 3:
      guard let input = model.graph.node[node].input.indices.randomElement(using: &generator) else { return }
      model.graph.node[node].input[input] = names.randomElement(using: &generator) ?? ""
    case 4: model.graph.initializer[weight].dataType = Int32.random(in: -1...30, using: &generator)
    case 5: model.graph.node[node].opType = operators.randomElement(using: &generator) ?? ""
    default:
      let count = model.graph.initializer[weight].rawData.count / 8
      let values = (0..<count).map { _ in odd.randomElement(using: &generator) ?? 0 }
      model.graph.initializer[weight].rawData = .init(Tensor(.int64, [count], integers: values).bytes)
    }
  }

  /// What is wrong with a file, empty where it can be compiled.
  private func problems(_ bytes: [UInt8]) throws -> [Diagnostic] {
    let path = try #require(temporaryFile(bytes))
    defer { removeFile(path) }
    do {
      var graph = try ModelReader.read(path, ReadOptions()).graph
      try Pipeline.standard.run(on: &graph)
      _ = try Lowering { $0 }.lower(graph, name: "model")
      return []
    } catch {
      return (error as? Diagnostics)?.all ?? (error as? Diagnostic).map { [$0] } ?? []
    }
  }

  @Test(arguments: [layers, shapes].indices) func oddNumbersAndNames(model: Int) throws {
    let proto = [Self.layers, Self.shapes][model].proto
    #expect(try problems(try proto.serializedBytes()).isEmpty)
    var refused = 0
    for seed in 0..<600 as Range<UInt64> {
      let found = try problems(try Self.edited(proto, seed: seed).serializedBytes())
      #expect(found.allSatisfy { !$0.message.isEmpty }, "seed \(seed)")
      if !found.isEmpty { refused += 1 }
    }
    #expect(refused > 200)
  }

  @Test(arguments: [layers, shapes].indices) func damagedBytes(model: Int) throws {
    let bytes: [UInt8] = try [Self.layers, Self.shapes][model].proto.serializedBytes()
    for seed in 0..<400 as Range<UInt64> {
      let found = try problems(Mutation.damaged(bytes, seed: seed))
      #expect(found.allSatisfy { !$0.message.isEmpty }, "seed \(seed)")
    }
  }

  @Test func filesCutShortAreRefused() throws {
    let bytes: [UInt8] = try Self.layers.proto.serializedBytes()
    for count in stride(from: 1, to: bytes.count, by: 97) {
      #expect(try !problems(Array(bytes.prefix(count))).isEmpty, "\(count) bytes")
    }
  }
}
