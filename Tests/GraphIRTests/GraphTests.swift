import GraphIR
import LoopIR
import Operators
import Tensors
import Testing

@Suite struct GraphTests {
  private let twice = Map(ElementwiseBody(ElementwiseBody.input(0, .float32) + ElementwiseBody.input(0, .float32)), inputCount: 1)

  @Test func namesAreUnique() {
    var graph = Graph(name: "net")
    let values = (0..<3).map { _ in graph.addValue("x", TensorType(.float32, [1])) }
    let names = values.map { graph[$0].name }
    #expect(names == ["x", "x_1", "x_2"])
  }

  @Test func aNodeThatIsRefusedNamesItself() {
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.int32, [2]))
    #expect(throws: Diagnostic.self) { try graph.add(MatMul(), [x, x], name: "product") }
    #expect(graph.nodes.isEmpty)
  }

  @Test func defectsAreFound() throws {
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [2]))
    let y = try graph.add(twice, [x])[0]
    graph.addOutput("y", try graph.add(twice, [y])[0])
    #expect(graph.defects().isEmpty)
    var swapped = graph
    swapped.nodes.swapAt(0, 1)
    #expect(swapped.defects().count == 1)
    var retyped = graph
    retyped.setType(y, TensorType(.float32, [3]))
    #expect(!retyped.defects().isEmpty)
    var missing = graph
    missing.nodes.removeLast()
    #expect(missing.defects() == ["the result map_1 is never computed"])
  }

  @Test func usesAreReplacedEverywhere() throws {
    var graph = Graph(name: "net")
    let (x, z) = (graph.addInput("x", TensorType(.float32, [2])), graph.addInput("z", TensorType(.float32, [2])))
    let y = try graph.add(twice, [x])[0]
    graph.addOutput("x", x)
    graph.replaceUses(of: x, with: z)
    #expect(graph.nodes[0].inputs == [z] && graph.outputs[0].value == z && graph.readers[x] == nil)
    #expect(graph.producers[y] == 0)
  }

  @Test func statesAreKeptAndStartAtZero() throws {
    var graph = Graph(name: "counter")
    let x = graph.addInput("x", TensorType(.float32, [1]))
    let state = graph.addState("count", TensorType(.float32, [1]))
    let body = ElementwiseBody(ElementwiseBody.input(0, .float32) + ElementwiseBody.input(1, .float32))
    graph.states[0].output = try graph.add(Map(body, inputCount: 2), [state, x])[0]
    var states: [Tensor]?
    for run in 1...3 {
      let values = try Interpreter(graph).run([Tensor(floats: [2], [1])], states: states)
      states = graph.states.compactMap { values[$0.output] }
      #expect(states?.first?.floats == [Float(2 * run)])
    }
  }

  @Test func inputsOfOtherTypesAreRefused() throws {
    var graph = Graph(name: "net")
    _ = graph.addInput("x", TensorType(.float32, [.symbol("T"), 2]))
    graph.dims["T"] = 1...4
    #expect(try graph.openDims(of: [Tensor(floats: [1, 2, 3, 4], [2, 2])]) == ["T": 2])
    #expect(throws: Diagnostic.self) { try graph.openDims(of: [Tensor(floats: [1, 2, 3], [1, 3])]) }
    #expect(throws: Diagnostic.self) { try graph.openDims(of: [Tensor(.int32, [1, 2], integers: [1, 2])]) }
  }

  @Test(arguments: [([2, 1], [3], [2, 3]), ([], [4], [4]), ([5, 1, 1], [1, 2, 1], [5, 2, 1])])
  func shapesBroadcastAsInNumPy(a: [Int], b: [Int], expected: [Int]) throws {
    #expect(try Broadcasting.shape([Shape(a), Shape(b)]) == Shape(expected))
  }

  @Test func shapesThatDoNotBroadcastAreRefused() {
    #expect(throws: Diagnostic.self) { try Broadcasting.shape([[2], [3]]) }
  }
}
