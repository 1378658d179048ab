import GraphIR
import ONNXProto
import Readers
import Tensors
import Testing

/// Sequences and optionals, whose lengths are known when the model is read.
@Suite struct ONNXSequencesTests {
  private typealias Text = ONNXModelText

  private let x = Tensor(floats: [1, 2, 3, 4, 5], [5])

  /// A model of the input `x` of five elements and integers by name.
  private func model(_ outputs: [String], _ numbers: [String: [Int64]] = [:], _ nodes: [ONNXNodeProto]) -> Text {
    var model = Text(inputs: [("x", x.type)], outputs: outputs)
    for (name, values) in numbers.sorted(by: { $0.key < $1.key }) {
      model.initializer(name, Tensor(.int64, values.count == 1 ? [] : [values.count], integers: values))
    }
    model.edit { $0.graph.node = nodes }
    return model
  }

  private func subgraph(_ name: String, inputs: [String], outputs: [String], _ nodes: [ONNXNodeProto]) -> ONNXAttributeProto {
    .with {
      ($0.name, $0.type, $0.g.name, $0.g.node) = (name, .graph, name, nodes)
      $0.g.input = inputs.map { input in .with { $0.name = input } }
      $0.g.output = outputs.map { output in .with { $0.name = output } }
    }
  }

  /// `[x, -x, |x|]` of which one is taken, after one was put in or taken out.
  private func listing(_ edit: ONNXNodeProto, _ place: Int64) -> Text {
    let numbers: [String: [Int64]] = ["place": [place], "zero": [0], "one": [1], "two": [2], "last": [-1], "end": [3], "beyond": [4]]
    return model(
      ["y", "n"], numbers,
      [
        Text.node("Neg", ["x"], ["minus"]), Text.node("Abs", ["x"], ["size"]),
        Text.node("SequenceConstruct", ["x", "minus", "size"], ["list"]), edit, Text.node("SequenceAt", ["edited", "place"], ["y"]),
        Text.node("SequenceLength", ["edited"], ["n"]),
      ])
  }

  @Test func positionsCountFromBothEnds() throws {
    let minus = Tensor(floats: [-1, -2, -3, -4, -5], [5])
    let cases: [(edit: ONNXNodeProto, place: Int64, count: Int64)] = [
      (Text.node("Identity", ["list"], ["edited"]), 1, 3), (Text.node("Identity", ["list"], ["edited"]), -2, 3),
      (Text.node("SequenceInsert", ["list", "minus"], ["edited"]), 3, 4),
      (Text.node("SequenceInsert", ["list", "minus", "zero"], ["edited"]), -4, 4),
      (Text.node("SequenceInsert", ["list", "minus", "last"], ["edited"]), 2, 4),
      (Text.node("SequenceInsert", ["list", "minus", "end"], ["edited"]), -1, 4),
      (Text.node("SequenceErase", ["list"], ["edited"]), -1, 2), (Text.node("SequenceErase", ["list", "zero"], ["edited"]), 0, 2),
    ]
    for (edit, place, count) in cases {
      #expect(try listing(edit, place).run([x]) == [minus, Tensor(.int64, [], integers: [count])], "\(edit.opType) \(edit.input)")
    }
  }

  @Test func positionsOutsideAreRefused() {
    let same = Text.node("Identity", ["list"], ["edited"])
    for place in [3, -4, .max, .min] as [Int64] {
      #expect(listing(same, place).problems().contains("in a sequence of 3"), "\(place)")
    }
    #expect(listing(Text.node("SequenceInsert", ["list", "x", "beyond"], ["edited"]), 0).problems().contains("position 4 in a sequence"))
    #expect(listing(Text.node("SequenceErase", ["list", "end"], ["edited"]), 0).problems().contains("position 3 in a sequence"))
    let empty = model(["y"], [:], [Text.node("SequenceEmpty", [], ["e"]), Text.node("SequenceErase", ["e"], ["y"])])
    #expect(empty.problems().contains("taken from an empty sequence"))
    #expect(model(["y"], [:], [Text.node("SequenceLength", ["x"], ["y"])]).problems().contains("input 0 is no sequence"))
  }

  @Test func aPositionThatARunComputesIsRefused() {
    var computed = listing(Text.node("Identity", ["list"], ["edited"]), 0)
    computed.edit { proto in
      proto.graph.initializer.removeAll { $0.name == "place" }
      proto.graph.input.append(Text(inputs: [("place", TensorType(.int64, []))], outputs: []).proto.graph.input[0])
    }
    #expect(computed.problems().contains("the position"))
  }

  @Test func partsOfATensorAreJoinedAgain() throws {
    func turned(_ numbers: [String: [Int64]], _ inputs: [String], _ attributes: [ONNXAttributeProto] = []) -> Text {
      model(
        ["y"], numbers.merging(["last": [-1]]) { a, _ in a },
        [
          Text.node("SplitToSequence", inputs, ["parts"], attributes), Text.node("SequenceAt", ["parts", "last"], ["end"]),
          Text.node("SequenceErase", ["parts"], ["start"]), Text.node("SequenceConstruct", ["end"], ["rest"]),
          Text.node("SequenceAt", ["start", "last"], ["middle"]), Text.node("SequenceInsert", ["rest", "middle"], ["turned"]),
          Text.node("ConcatFromSequence", ["turned"], ["y"], [Text.int("axis", 0), Text.int("new_axis", attributes.isEmpty ? 0 : 1)]),
        ])
    }
    #expect(try turned(["split": [2]], ["x", "split"]).run([x])[0] == Tensor(floats: [5, 3, 4], [3]))
    #expect(try turned(["split": [4, 0, 1]], ["x", "split"]).run([x])[0] == Tensor(floats: [5], [1]))
    #expect(try turned([:], ["x"]).run([x])[0] == Tensor(floats: [5, 4], [2]))
    #expect(try turned([:], ["x"], [Text.int("keepdims", 0)]).run([x])[0] == Tensor(floats: [5, 4], [2]))
    for split in [[0], [-1], [2, 2], [6, -1], [.max, 1]] as [[Int64]] {
      #expect(turned(["split": split], ["x", "split"]).problems().contains("split into"), "\(split)")
    }
  }

  @Test func aMapRunsItsBodyForEachElement() throws {
    let nodes = [Text.node("Mul", ["a", "b"], ["p"]), Text.node("Add", ["p", "x"], ["s"])]
    let body = subgraph("body", inputs: ["a", "b"], outputs: ["s"], nodes)
    let mapped = model(
      ["y"], [:],
      [
        Text.node("Neg", ["x"], ["minus"]), Text.node("SequenceConstruct", ["x", "minus"], ["list"]),
        Text.node("SequenceMap", ["list", "x"], ["results"], [body]),
        Text.node("ConcatFromSequence", ["results"], ["y"], [Text.int("axis", 0), Text.int("new_axis", 1)]),
      ])
    #expect(try mapped.run([x])[0] == Tensor(floats: [2, 6, 12, 20, 30, 0, -2, -6, -12, -20], [2, 5]))
    var unlike = mapped
    unlike.edit {
      $0.graph.node.insert(Text.node("SequenceConstruct", ["x"], ["short"]), at: 0)
      $0.graph.node[3].input[1] = "short"
    }
    #expect(unlike.problems().contains("unlike lengths"))
  }

  /// Each repetition puts `i + x` at the end.
  @Test func aLoopOfKnownLengthMayCarryASequence() throws {
    let body = subgraph(
      "body", inputs: ["i", "on", "list"], outputs: ["still", "longer"],
      [
        Text.node("Identity", ["on"], ["still"]), Text.node("Cast", ["i"], ["f"], [Text.int("to", 1)]),
        Text.node("Add", ["f", "x"], ["s"]), Text.node("SequenceInsert", ["list", "s"], ["longer"]),
      ])
    func looped(_ count: Int64) -> Text {
      model(
        ["n", "y"], ["count": [count], "last": [-1]],
        [
          Text.node("SequenceConstruct", ["x"], ["start"]), Text.node("Loop", ["count", "", "start"], ["list"], [body]),
          Text.node("SequenceLength", ["list"], ["n"]), Text.node("SequenceAt", ["list", "last"], ["y"]),
        ])
    }
    for (count, first) in [(0, 1), (1, 1), (4, 4)] as [(Int64, Float)] {
      let found = try looped(count).run([x])
      #expect(found[0].integers == [count + 1] && found[1].floats.first == first, "\(count)")
    }
    #expect(looped(5000).problems().contains("at most 1024"))
  }

  @Test func optionalsKnowWhetherTheyHoldSomething() throws {
    let held = model(
      ["has", "y"], [:],
      [
        Text.node("Optional", ["x"], ["o"]), Text.node("OptionalHasElement", ["o"], ["has"]), Text.node("OptionalGetElement", ["o"], ["y"]),
      ])
    #expect(try held.run([x]) == [Tensor(.bool, [], integers: [1]), x])
    let none = model(["has"], [:], [Text.node("Optional", [], ["o"]), Text.node("OptionalHasElement", ["o"], ["has"])])
    #expect(try none.run([x])[0].integers == [0])
    let missing = model(["y"], [:], [Text.node("Optional", [], ["o"]), Text.node("OptionalGetElement", ["o"], ["y"])])
    #expect(missing.problems().contains("an optional that has none"))
  }
}
