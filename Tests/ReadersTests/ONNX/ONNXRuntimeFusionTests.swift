import Glibc
import GraphIR
import ONNXProto
import Readers
import Tensors
import Testing

private typealias Text = ONNXModelText

/// Fused operators give what the operators of the standard give in their place.
@Suite struct ONNXRuntimeFusionTests {
  private let domain = "com.microsoft"

  private func numbers(_ dims: [Int], _ phase: Double) -> Tensor {
    Tensor(.float32, dims, (0..<dims.reduce(1, *)).map { sin(Double($0) * 1.3 + phase) })
  }

  private func isNear(_ a: Tensor, _ b: Tensor) -> Bool {
    a.type == b.type && zip(a.doubles, b.doubles).allSatisfy { abs($0 - $1) < 1e-5 }
  }

  /// Whether two models of one result agree on inputs `x0`, `x1`, ….
  private func agree(_ inputs: [Tensor], _ fused: (inout Text) -> Void, _ plain: (inout Text) -> Void) throws -> Bool {
    let types = inputs.enumerated().map { (name: "x\($0.offset)", type: $0.element.type) }
    var models = [Text(opset: 24, inputs: types, outputs: ["y"]), Text(opset: 24, inputs: types, outputs: ["y"])]
    fused(&models[0])
    plain(&models[1])
    return isNear(try models[0].run(inputs)[0], try models[1].run(inputs)[0])
  }

  private func attributes(_ pairs: KeyValuePairs<String, Int64>) -> [ONNXAttributeProto] { pairs.map { Text.int($0.key, $0.value) } }

  @Test func attentionOverKeysOfSomeLength() throws {
    let lengths = Tensor(.int32, [2], integers: [1, 4])
    let inputs = [numbers([2, 3, 6], 0), numbers([2, 4, 6], 1), numbers([2, 4, 4], 2), lengths]
    let isSame = try agree(inputs) { model in
      model.node(
        "MultiHeadAttention", ["x0", "x1", "x2", "", "x3"], ["y"], attributes(["num_heads": 2]) + [Text.float("mask_filter_value", -1e30)],
        domain: domain)
    } _: { model in
      model.node("Cast", ["x3"], ["lengths"], [Text.int("to", 7)])
      let heads = attributes(["q_num_heads": 2, "kv_num_heads": 2])
      model.node("Attention", ["x0", "x1", "x2", "", "", "", "lengths"], ["y"], heads)
    }
    #expect(isSame)
  }

  @Test func attentionProjectsItsOwnInputAndSeesThePastOfBoth() throws {
    let inputs = [numbers([1, 3, 5], 0), numbers([5, 12], 1), numbers([12], 2), numbers([2, 1, 2, 4, 2], 3)]
    let isSame = try agree(inputs) { model in
      model.node(
        "Attention", ["x0", "x1", "x2", "", "x3"], ["y"], attributes(["num_heads": 2, "unidirectional": 1]), domain: domain)
    } _: { model in
      model.node("MatMul", ["x0", "x1"], ["product"])
      model.node("Add", ["product", "x2"], ["projected"])
      model.node("Split", ["projected"], ["q", "k", "v"], attributes(["axis": 2, "num_outputs": 3]))
      model.node("Split", ["x3"], ["first", "second"], attributes(["axis": 0, "num_outputs": 2]))
      model.initializer("front", Tensor(.int64, [1], integers: [0]))
      model.node("Squeeze", ["first", "front"], ["pk"])
      model.node("Squeeze", ["second", "front"], ["pv"])
      let heads = attributes(["q_num_heads": 2, "kv_num_heads": 2, "is_causal": 1])
      model.node("Attention", ["q", "k", "v", "", "pk", "pv"], ["y"], heads)
    }
    #expect(isSame)
  }

  @Test func packedProjectionsAreParted() throws {
    let isSame = try agree([numbers([1, 3, 2, 3, 4], 0)]) { model in
      model.node("MultiHeadAttention", ["x0"], ["y"], attributes(["num_heads": 2]), domain: domain)
    } _: { model in
      model.node("Split", ["x0"], ["a", "b", "c"], attributes(["axis": 3, "num_outputs": 3]))
      model.initializer("shape", Tensor(.int64, [3], integers: [1, 3, 8]))
      for (part, whole) in [("a", "q"), ("b", "k"), ("c", "v")] { model.node("Reshape", [part, "shape"], [whole]) }
      model.node("Attention", ["q", "k", "v"], ["y"], attributes(["q_num_heads": 2, "kv_num_heads": 2]))
    }
    #expect(isSame)
  }

  @Test func convolutionsWithChannelsLast() throws {
    let window = [Text.ints("pads", [1, 0, 1, 2]), Text.int("group", 2)]
    let isSame = try agree([numbers([1, 4, 5, 2], 0), numbers([4, 1, 3, 2], 1), numbers([4], 2)]) { model in
      model.node("NhwcConv", ["x0", "x1", "x2"], ["y"], window, domain: domain)
    } _: { model in
      model.node("Transpose", ["x0"], ["first"], [Text.ints("perm", [0, 3, 1, 2])])
      model.node("Conv", ["first", "x1", "x2"], ["convolved"], window)
      model.node("Transpose", ["convolved"], ["y"], [Text.ints("perm", [0, 2, 3, 1])])
    }
    #expect(isSame)
  }

  @Test(arguments: [0, 1]) func groupsOfChannelsInBothLayouts(isLast: Int64) throws {
    let x = isLast == 1 ? numbers([2, 3, 2, 4], 0) : numbers([2, 4, 3, 2], 0)
    let isSame = try agree([x, numbers([4], 1), numbers([4], 2)]) { model in
      model.node(
        "GroupNorm", ["x0", "x1", "x2"], ["y"],
        attributes(["groups": 2, "channels_last": isLast, "activation": 1]) + [Text.float("epsilon", 0.5)], domain: domain)
    } _: { model in
      let (there, back): ([Int64], [Int64]) = isLast == 1 ? ([0, 3, 1, 2], [0, 2, 3, 1]) : ([0, 1, 2, 3], [0, 1, 2, 3])
      model.node("Transpose", ["x0"], ["first"], [Text.ints("perm", there)])
      model.node("GroupNormalization", ["first", "x1", "x2"], ["normal"], [Text.int("num_groups", 2), Text.float("epsilon", 0.5)])
      model.node("Transpose", ["normal"], ["last"], [Text.ints("perm", back)])
      model.node("Swish", ["last"], ["y"])
    }
    #expect(isSame)
  }

  @Test func wordsAreCountedBesideTheirEmbedding() throws {
    let tables = [numbers([5, 4], 0), numbers([3, 4], 1)]
    let vectors = [Tensor(floats: [1, 1, 1, 1], [4]), Tensor(floats: [0, 0, 0, 0], [4])]
    let words = Tensor(.int32, [2, 2], integers: [4, 0, 1, 1])
    let mask = Tensor(.int32, [2, 2], integers: [1, 0, 1, 1])
    var model = Text(inputs: [("words", words.type), ("mask", mask.type)], outputs: ["y", "counts", "sum"])
    for (name, tensor) in zip(["word", "place", "scale", "offset"], tables + vectors) { model.initializer(name, tensor) }
    model.node(
      "EmbedLayerNormalization", ["words", "", "word", "place", "", "scale", "offset", "mask"], ["y", "counts", "sum"], domain: domain)
    let results = try model.run([words, mask])
    #expect(results[1] == Tensor(.int32, [2], integers: [1, 2]))
    let (word, place) = (tables[0].doubles, tables[1].doubles)
    let expected = [4, 0, 1, 1].enumerated().flatMap { entry in
      (0..<4).map { word[entry.element * 4 + $0] + place[entry.offset % 2 * 4 + $0] }
    }
    #expect(isNear(results[2], Tensor(.float32, [2, 2, 4], expected)))
    #expect(abs(results[0].doubles.prefix(4).reduce(0, +)) < 1e-5)
  }

  @Test func whatIsNotPlainIsRefused() {
    func problems(_ name: String, _ dims: [[Int]], _ given: [ONNXAttributeProto], outputs: [String] = ["y"]) -> String {
      let names = dims.indices.map { "x\($0)" }
      var model = Text(inputs: zip(names, dims).map { ($0, TensorType(.float32, Shape($1))) }, outputs: ["y"])
      model.node(name, names, outputs, given, domain: domain)
      return model.problems()
    }
    let heads = Text.int("num_heads", 2)
    let three = [[1, 2, 4], [1, 2, 4], [1, 2, 4]]
    #expect(problems("MultiHeadAttention", three, []).contains("num_heads is 0"))
    #expect(problems("MultiHeadAttention", three + [[12], [8]], [heads]).contains("the mask is float32[8]"))
    #expect(problems("Attention", [[1, 2, 4], [4, 12]], [heads, Text.int("do_rotary", 1)]).contains("do_rotary"))
    #expect(problems("FusedGemm", [[2, 2], [2, 2]], [Text.string("activation", "Wavy")]).contains("the fused activation \"Wavy\""))
    #expect(problems("SkipLayerNormalization", [[2, 4], [2, 4], [4]], [], outputs: ["y", "mean"]).contains("for training only"))
  }
}
