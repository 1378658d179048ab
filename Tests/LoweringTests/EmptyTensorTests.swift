import GraphIR
import LoopIR
import Lowering
import Operators
import Tensors
import TestSupport
import Testing

/// Tensors without elements as inputs, intermediates and outputs, with every access checked.
@Suite struct EmptyTensorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let op: any Operator
    let types: [TensorType]
    let isEmpty: Bool
    var testDescription: String { "\(op.name) of \(types)" }

    init(_ op: any Operator, _ shapes: Shape..., isEmpty: Bool) {
      self.op = op
      types = shapes.enumerated().map { TensorType($0.offset > 0 && op.name.hasPrefix("gather") ? .int32 : .float32, $0.element) }
      self.isEmpty = isEmpty
    }
  }

  private static let sum = Map(ElementwiseBody(ElementwiseBody.input(0, .float32) + ElementwiseBody.input(1, .float32)), inputCount: 2)

  private static func cases(_ none: Dim) -> [Case] {
    reductions(none) + movements(none) + [
      Case(sum, [2, none], [2, 1], isEmpty: true), Case(MatMul(), [3, none], [none, 4], isEmpty: false),
      Case(MatMul(), [none, 3], [3, 4], isEmpty: true), Case(Softmax(axis: 1), [3, none, 2], isEmpty: true),
      Case(Normalise(axes: [-1], epsilon: 1), [3, none], isEmpty: true), Case(Sparsemax(axis: 0), [none, 2], isEmpty: true),
      Case(AdaptivePool(.max, size: [2]), [1, none, 3], isEmpty: false),
      Case(Pool(.average, size: [2]), [none, 4, 3], isEmpty: true), Case(Convolution(), [none, 4, 3], [2, 3, 5], isEmpty: true),
      Case(LSTM(), [2, none, 12], [3, 12], isEmpty: true),
    ]
  }

  private static func reductions(_ none: Dim) -> [Case] {
    let functions = Reduce.Function.allCases.filter { $0 != .any && $0 != .all }
    return functions.map { Case(Reduce($0, axes: [1]), [3, none], isEmpty: false) } + [
      Case(Reduce(.sum, axes: [0]), [3, none], isEmpty: true), Case(Reduce(.max, keepDims: true), [none, 3], isEmpty: false),
      Case(ArgReduce(.max, axis: 0), [none, 3], isEmpty: false), Case(Cumulative(.sum, axis: 0), [none, 3], isEmpty: true),
    ]
  }

  private static func movements(_ none: Dim) -> [Case] {
    [
      Case(Concatenate(axis: 1), [2, none], [2, 3], isEmpty: false), Case(Concatenate(axis: 0), [2, none], [2, none], isEmpty: true),
      Case(Pad(before: [1, 0], after: [1, 2], value: 7), [none, 2], isEmpty: false),
      Case(Pad(before: [1, 0], after: [1, 0], mode: .edge), [none, 2], isEmpty: false),
      Case(Pad(before: [0, 1], after: [0, 1], mode: .reflect), [none, 2], isEmpty: true),
      Case(Gather(axis: 0), [none, 2], [3], isEmpty: false), Case(Gather(axis: 0), [4, 2], [none], isEmpty: true),
      Case(GatherElements(axis: 0), [none, 2], [3, 2], isEmpty: false), Case(Transpose([1, 0]), [none, 2], isEmpty: true),
      Case(Reshape(exactly: [3, none]), [none, 2], isEmpty: true), Case(Expand([3, none]), [3, 1], isEmpty: true),
      Case(Roll([1], axes: [0]), [none, 2], isEmpty: true), Case(Reverse(), [none], isEmpty: true),
      Case(Tile([2, 3]), [none, 2], isEmpty: true), Case(Repeat(2, axis: 0), [none, 2], isEmpty: true),
    ]
  }

  private static let constants =
    cases(0) + [
      Case(Slice(starts: [2], ends: [2]), [4, 3], isEmpty: true), Case(Slice(starts: [5], ends: [9]), [4, 3], isEmpty: true),
      Case(Tile([0]), [4], isEmpty: true), Case(Repeat(0, axis: 0), [4], isEmpty: true), Case(Expand([0]), [1], isEmpty: true),
    ]
  private static let open = cases(.symbol("N")).filter { !($0.op is Reshape || $0.op is Expand) }

  private func graph(_ item: Case) throws -> Graph {
    var graph = Graph(name: "net")
    let ids = item.types.map { graph.addInput("x", $0) }
    let doubled = try ids.map { id in graph.type(id).dtype == .float32 ? try graph.add(Self.sum, [id, id])[0] : id }
    let results = try graph.add(item.op, doubled)
    for id in results { graph.addOutput("y", id) }
    return graph
  }

  private func expectItsMeaning(_ graph: Graph, _ inputs: [Tensor], _ dims: [String: Int] = [:]) throws {
    let program = try Lowering { $0 }.lower(graph, name: "net")
    let expected = try Interpreter(graph).outputs(inputs)
    let actual = try ProgramInterpreter(program).run(inputs, dims: dims)
    #expect(zip(expected, actual).allSatisfy { distance($0, $1) < 1e-5 } && expected.count == actual.count, "\(expected) \(actual)")
  }

  @Test(arguments: constants) func constantExtents(item: Case) throws {
    let graph = try graph(item)
    #expect(graph.type(graph.outputs[0].value).shape.contains(0) == item.isEmpty)
    var generator = SeededGenerator(7)
    let inputs = item.types.map { Tensor.random($0.dtype, $0.shape.constants ?? [], using: &generator) }
    try expectItsMeaning(graph, inputs)
  }

  @Test(arguments: open) func openExtents(item: Case) throws {
    var graph = try graph(item)
    graph.dims["N"] = 0...5
    for extent in [0, 1, 5] {
      var generator = SeededGenerator(UInt64(extent))
      let inputs = item.types.map { Tensor.random($0.dtype, $0.shape.compactMap { $0.value(["N": extent]) }, using: &generator) }
      try expectItsMeaning(graph, inputs, ["N": extent])
    }
  }

  @Test func nothingRunsWhereNothingIsComputed() throws {
    let program = try Lowering { $0 }.lower(try graph(Case(Self.sum, [0, 3], [3], isEmpty: true)), name: "net")
    #expect(program.steps.count == 1)
  }

  @Test func whatIsReadRaisesTheLeastExtent() throws {
    for (op, least) in [(Slice(starts: [0], ends: [3]), 3), (TopK(4), 4), (Reduce(.sum), 0)] as [(any Operator, Int)] {
      var graph = try graph(Case(op, [.symbol("N") + (op is Slice ? 2 : 0)], isEmpty: false))
      graph.dims["N"] = 0...5
      #expect(try graph.usableDims()["N"] == (op is Slice ? least - 2 : least)...5, "\(op)")
    }
  }

  @Test func aScanOfNothingGivesWhatItBeganWith() throws {
    var body = Graph(name: "step")
    let (state, x) = (body.addInput("s", TensorType(.float32, [2])), body.addInput("x", TensorType(.float32, [2])))
    let next = try body.add(Self.sum, [state, x])[0]
    body.addOutput("s", next)
    body.addOutput("all", next)
    for count in [0, .symbol("N")] as [Dim] {
      var graph = Graph(name: "net")
      graph.dims["N"] = 0...3
      let inputs = [graph.addInput("s", TensorType(.float32, [2])), graph.addInput("x", TensorType(.float32, [count, 2]))]
      for id in try graph.add(Scan(body, carried: 1, sequences: 1), inputs) { graph.addOutput("y", id) }
      try expectItsMeaning(graph, [Tensor(floats: [3, 4], [2]), Tensor(floats: [], [0, 2])], ["N": 0])
    }
  }
}
