import GraphIR
import ONNXProto
import Readers
import Tensors
import Testing

/// Graphs, functions, shapes and what is wrong with them.
@Suite struct ONNXReaderTests {
  private typealias Text = ONNXModelText

  @Test func aLayerIsReadWithItsInitialisers() throws {
    var model = Text(inputs: [("x", TensorType(.float32, [2, 3]))], outputs: ["y"])
    model.initializer("w", Tensor(floats: [1, 2, 3], [3, 1]))
    model.node("Gemm", ["x", "w"], ["h"])
    model.node("Relu", ["h"], ["y"])
    #expect(try model.run([Tensor(floats: [1, 0, 0, 0, 0, -1], [2, 3])]) == [Tensor(floats: [1, 0], [2, 1])])
  }

  @Test func shapeArithmeticOnOpenExtentsIsFolded() throws {
    var model = Text(inputs: [("x", TensorType(.float32, [1, .symbol("T"), 4]))], outputs: ["y"])
    model.initializer("one", Tensor(.int64, [1], integers: [1]))
    model.initializer("two", Tensor(.int64, [1], integers: [2]))
    model.node("Shape", ["x"], ["shape"])
    model.node("Gather", ["shape", "one"], ["length"])
    model.node("Mul", ["length", "two"], ["twice"])
    model.node("Concat", ["twice", "two"], ["target"], [Text.int("axis", 0)])
    model.node("Reshape", ["x", "target"], ["y"])
    let graph = try model.read(ReadOptions(dims: ["T": .upTo(9)])).graph
    #expect(graph.type(graph.outputs[0].value).shape == [2 * .symbol("T"), 2])
  }

  @Test func functionsOfTheModelAreUnfolded() throws {
    var model = Text(inputs: [("x", TensorType(.float32, [2]))], outputs: ["y"])
    model.edit {
      $0.opsetImport.append(.with { ($0.domain, $0.version) = ("mine", 1) })
      $0.functions = [
        .with {
          ($0.name, $0.domain, $0.input, $0.output) = ("Scaled", "mine", ["a"], ["b"])
          $0.opsetImport = [.with { $0.version = 21 }]
          $0.attribute = ["slope"]
          $0.node = [
            Text.node("LeakyRelu", ["a"], ["b"], [.with { ($0.name, $0.refAttrName, $0.type) = ("alpha", "slope", .float) }])
          ]
        }
      ]
    }
    model.node("Scaled", ["x"], ["y"], [Text.float("slope", 0.5)], domain: "mine")
    #expect(try model.run([Tensor(floats: [-2, 2], [2])]) == [Tensor(floats: [-1, 2], [2])])
  }

  @Test func allUnknownOperatorsAreNamedAtOnce() {
    var model = Text(inputs: [("x", TensorType(.float32, [2]))], outputs: ["z"])
    model.node("Frobnicate", ["x"], ["y"])
    model.node("Twiddle", ["y"], ["z"], domain: "odd")
    let problems = model.problems()
    #expect(problems.contains("node 0 (Frobnicate): the operator Frobnicate is not supported"))
    #expect(problems.contains("node 1 (Twiddle): the operator Twiddle of the domain \"odd\" is not supported"))
  }

  @Test func anAttributeThatNobodyKnowsIsRefused() {
    var model = Text(inputs: [("x", TensorType(.float32, [2]))], outputs: ["y"])
    model.node("Relu", ["x"], ["y"], [Text.int("surprise", 1)])
    #expect(model.problems().contains("the attribute \"surprise\" is not known"))
  }

  @Test func cyclesAndMissingInputsAreRefused() {
    var model = Text(inputs: [("x", TensorType(.float32, [2]))], outputs: ["y"])
    model.node("Add", ["x", "y"], ["z"])
    model.node("Relu", ["z"], ["y"])
    #expect(model.problems().contains("its input \"y\" is computed by no node before it"))
  }

  @Test func functionsThatCallThemselvesAreRefused() {
    var model = Text(inputs: [("x", TensorType(.float32, [2]))], outputs: ["y"])
    model.edit {
      $0.functions = [
        .with {
          ($0.name, $0.domain, $0.input, $0.output) = ("Loop", "mine", ["a"], ["b"])
          $0.node = [Text.node("Loop", ["a"], ["b"], domain: "mine")]
        }
      ]
    }
    model.node("Loop", ["x"], ["y"], domain: "mine")
    #expect(model.problems().contains("nested more than 64 deep"))
  }

  @Test func openExtentsNameTheFlagThatSettlesThem() {
    var model = Text(inputs: [("x", TensorType(.float32, [1, .symbol("length")]))], outputs: ["y"])
    model.node("Relu", ["x"], ["y"])
    #expect(model.problems().contains("--dim length=32"))
  }

  @Test func dataOfAnotherLengthThanTheShapeIsRefused() {
    var model = Text(inputs: [("x", TensorType(.float32, [2]))], outputs: ["y"])
    model.edit {
      $0.graph.initializer = [.with { ($0.name, $0.dataType, $0.dims, $0.rawData) = ("w", 1, [3], .init([1, 2, 3])) }]
    }
    model.node("Add", ["x", "w"], ["y"])
    #expect(model.problems().contains("tensor \"w\": 3 bytes of data for 3 elements of float32"))
  }

  @Test(arguments: ["/etc/passwd", "../secret", "a/../../b"]) func dataOutsideOfTheFolderIsRefused(location: String) {
    var model = Text(inputs: [("x", TensorType(.float32, [2]))], outputs: ["y"])
    model.edit {
      $0.graph.initializer = [
        .with {
          ($0.name, $0.dataType, $0.dims, $0.dataLocation) = ("w", 1, [2], .external)
          $0.externalData = [.with { ($0.key, $0.value) = ("location", location) }]
        }
      ]
    }
    model.node("Add", ["x", "w"], ["y"])
    #expect(model.problems().contains("which is not inside its folder"))
  }
}
