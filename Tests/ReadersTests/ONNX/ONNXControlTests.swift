import GraphIR
import ONNXProto
import Operators
import Readers
import Tensors
import Testing

/// If and Loop as exporters write them.
@Suite struct ONNXControlTests {
  private typealias Text = ONNXModelText

  private static let condition = TensorType(.bool, [])
  private static let count = TensorType(.int64, [])
  private static let pair = TensorType(.float32, [2])

  private func graph(
    _ name: String, inputs: [String] = [], outputs: [String], _ nodes: [ONNXNodeProto], constants: [String: Tensor] = [:]
  ) -> ONNXAttributeProto {
    .with {
      ($0.name, $0.type, $0.g.name) = (name, .graph, name)
      $0.g.node = nodes
      $0.g.input = inputs.map { input in .with { $0.name = input } }
      $0.g.output = outputs.map { output in .with { $0.name = output } }
      $0.g.initializer = constants.sorted { $0.key < $1.key }.map { Text.tensor($0.value, name: $0.key) }
    }
  }

  private func truth(_ holds: Bool) -> Tensor { Tensor(.bool, [], integers: [holds ? 1 : 0]) }
  private func number(_ value: Int64) -> Tensor { Tensor(.int64, [], integers: [value]) }
  private func vector(_ values: [Float]) -> Tensor { Tensor(floats: values, [values.count]) }

  /// `condition ? x + z : x * z` where `z = -x` stands outside.
  private func branching() -> Text {
    var model = Text(inputs: [("c", Self.condition), ("x", Self.pair)], outputs: ["y"])
    model.node("Neg", ["x"], ["z"])
    let branches = [
      graph("then_branch", outputs: ["a"], [Text.node("Add", ["x", "z"], ["a"])]),
      graph("else_branch", outputs: ["b"], [Text.node("Mul", ["z", "x"], ["b"])]),
    ]
    model.node("If", ["c"], ["y"], branches)
    return model
  }

  @Test func branchesSeeWhatLiesAroundThem() throws {
    let model = branching()
    #expect(try model.run([truth(true), vector([2, 3])]) == [vector([0, 0])])
    #expect(try model.run([truth(false), vector([2, 3])]) == [vector([-4, -9])])
  }

  @Test(arguments: [true, false]) func aKnownConditionLeavesNoBranch(holds: Bool) throws {
    var model = branching()
    model.edit { $0.graph.input.removeFirst() }
    model.initializer("c", truth(holds))
    #expect(try model.run([vector([2, 3])]) == [vector(holds ? [0, 0] : [-4, -9])])
    #expect(try model.read().graph.nodes.allSatisfy { $0.op.control == nil })
  }

  /// The branches give unlike shapes, which only matters where a run decides.
  @Test func unlikeBranchesAreRefusedWhereARunDecides() {
    var model = branching()
    model.edit { $0.graph.node[1].attribute[1].g.node = [Text.node("ReduceSum", ["z"], ["b"])] }
    #expect(model.problems().contains("one branch of an if gives"))
    model.edit { $0.graph.node[1].attribute.removeLast() }
    #expect(model.problems().contains("\"else_branch\" is missing"))
  }

  /// `while x[0] + x[1] < limit: x += step`, up to `count` times; each `x` is collected where `collects`.
  private func accumulating(collects: Bool = false, hasCount: Bool = true, hasCondition: Bool = true) -> Text {
    var model = Text(
      inputs: [("n", Self.count), ("c", Self.condition), ("x", Self.pair), ("limit", TensorType(.float32, []))],
      outputs: collects ? ["y", "all"] : ["y"])
    model.initializer("step", vector([3, 2.5]))
    let nodes = [
      Text.node("Add", ["inner", "step"], ["next"]), Text.node("ReduceSum", ["next"], ["sum"], [Text.int("keepdims", 0)]),
      Text.node("Less", ["sum", "limit"], ["more"]), Text.node("Identity", ["next"], ["seen"]),
    ]
    let body = graph(
      "body", inputs: ["i", "goes_on", "inner"], outputs: ["more", "next"] + (collects ? ["seen"] : []), nodes)
    model.node("Loop", [hasCount ? "n" : "", hasCondition ? "c" : "", "x"], collects ? ["y", "all"] : ["y"], [body])
    return model
  }

  @Test func loopsEndByCountByConditionOrAtOnce() throws {
    let model = accumulating()
    func run(_ count: Int64, _ holds: Bool, limit: Float) throws -> [Float] {
      try model.run([number(count), truth(holds), vector([0, 0]), Tensor(floats: [limit], [])])[0].floats
    }
    #expect(try run(3, true, limit: 1000) == [9, 7.5])
    #expect(try run(9, true, limit: 11.5) == [9, 7.5])
    #expect(try run(9, true, limit: 11) == [6, 5])
    #expect(try run(9, true, limit: -1) == [3, 2.5])
    for (count, holds) in [(0, true), (-4, true), (.min, true), (5, false)] as [(Int64, Bool)] {
      #expect(try run(count, holds, limit: 1000) == [0, 0])
    }
  }

  @Test func loopsMayHaveOnlyACountOrOnlyACondition() throws {
    let inputs = [number(2), truth(true), vector([0, 0]), Tensor(floats: [20], [])]
    #expect(try accumulating(hasCount: false).run(inputs)[0].floats == [12, 10])
    #expect(try accumulating(hasCondition: false).run(inputs)[0].floats == [6, 5])
  }

  @Test func whatALoopCollectsIsBoundedByWhatTheFileDeclares() throws {
    var model = accumulating(collects: true)
    #expect(model.problems().contains("no declared bound"))
    model.edit {
      $0.graph.output[1].type.tensorType.elemType = 1
      $0.graph.output[1].type.tensorType.shape.dim = [3, 2].map { extent in .with { $0.dimValue = extent } }
    }
    let limit = Tensor(floats: [1000], [])
    let found = try model.run([number(3), truth(true), vector([0, 0]), limit])
    #expect(found[1] == Tensor(floats: [3, 2.5, 6, 5, 9, 7.5], [3, 2]))
    #expect(throws: Diagnostic.self) { try model.run([number(4), truth(true), vector([0, 0]), limit]) }
  }

  /// A loop of a known count in a branch of a loop of a known count: `x` is doubled in even repetitions, and `i` added three times in odd.
  @Test func loopsStandInBranchesOfLoops() throws {
    var model = Text(inputs: [("x", TensorType(.int64, []))], outputs: ["y", "all"])
    for (name, value) in [("two", 2), ("three", 3), ("five", 5), ("zero", 0)] { model.initializer(name, number(Int64(value))) }
    model.initializer("holds", truth(true))
    let inner = graph(
      "body", inputs: ["j", "on", "part"], outputs: ["still", "added"],
      [Text.node("Identity", ["on"], ["still"]), Text.node("Add", ["part", "i"], ["added"])])
    let branches = [
      graph("then_branch", outputs: ["doubled"], [Text.node("Mul", ["inside", "two"], ["doubled"])]),
      graph("else_branch", outputs: ["looped"], [Text.node("Loop", ["three", "holds", "inside"], ["looped"], [inner])]),
    ]
    let outer = graph(
      "body", inputs: ["i", "goes", "inside"], outputs: ["goes_on", "next", "copy"],
      [
        Text.node("Identity", ["goes"], ["goes_on"]), Text.node("Mod", ["i", "two"], ["rest"]),
        Text.node("Equal", ["rest", "zero"], ["even"]), Text.node("If", ["even"], ["next"], branches),
        Text.node("Identity", ["next"], ["copy"]),
      ])
    model.node("Loop", ["five", "holds", "x"], ["y", "all"], [outer])
    #expect(try model.run([number(1)]) == [number(38), Tensor(.int64, [5], integers: [2, 5, 10, 19, 38])])
  }

  /// The carried value grows by an element in each repetition.
  @Test func valuesThatGrowAreUnrolledWhereTheCountIsKnown() throws {
    var model = Text(inputs: [("x", TensorType(.float32, [1]))], outputs: ["y", "all"])
    model.initializer("n", number(3))
    model.initializer("holds", truth(true))
    let body = graph(
      "body", inputs: ["i", "on", "part"], outputs: ["still", "longer", "number"],
      [
        Text.node("Identity", ["on"], ["still"]), Text.node("Concat", ["part", "x"], ["longer"], [Text.int("axis", 0)]),
        Text.node("Identity", ["i"], ["number"]),
      ])
    model.node("Loop", ["n", "holds", "x"], ["y", "all"], [body])
    #expect(try model.run([vector([7])]) == [vector([7, 7, 7, 7]), Tensor(.int64, [3], integers: [0, 1, 2])])
    model.edit {
      $0.graph.initializer.removeFirst()
      $0.graph.input.append(Text(inputs: [("n", Self.count)], outputs: []).proto.graph.input[0])
    }
    #expect(model.problems().contains("the number of trips"))
  }

  @Test func aLoopThatNeverRunsGivesWhatItWasGiven() throws {
    for (count, holds) in [(0, true), (3, false), (-1, true)] as [(Int64, Bool)] {
      var model = accumulating()
      model.edit { $0.graph.input.removeFirst(2) }
      model.initializer("n", number(count))
      model.initializer("c", truth(holds))
      #expect(try model.run([vector([4, 5]), Tensor(floats: [9], [])]) == [vector([4, 5])])
    }
  }

  @Test func bodiesOfOtherSizesAreRefused() {
    var model = accumulating()
    model.edit { $0.graph.node[0].attribute[0].g.input.removeLast() }
    #expect(model.problems().contains("a subgraph of 2 inputs is given 3"))
    model = accumulating()
    model.edit { $0.graph.node[0].attribute[0].g.output[1].name = "nothing" }
    #expect(model.problems().contains("does not compute its output \"nothing\""))
  }
}
