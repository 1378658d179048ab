import GraphIR
import LoopIR
import Lowering
import Operators
import Tensors
import TestSupport
import Testing

/// Values that share memory must not show it.
@Suite struct SharedMemoryTests {
  /// The whole is overwritten by the output in front of which it stands, and a part of it is still read later.
  @Test func aPartOutlivesTheWholeThatIsOverwritten() throws {
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [2, 3]))
    let part = try graph.add(negation, [x])[0]
    let whole = try graph.add(Concatenate(axis: 0), [part, x])[0]
    graph.addOutput("a", try graph.add(negation, [whole])[0])
    graph.addOutput("b", try graph.add(Reverse([0]), [part])[0])
    try expectItsMeaning(graph)
  }

  /// As in a network whose layers see all layers before them.
  @Test func concatenationsThatLongerOnesBeginWithAreNotCopied() throws {
    var graph = Graph(name: "net")
    let first = try graph.add(negation, [graph.addInput("x", TensorType(.float32, [2, 3]))])[0]
    var parts = [first]
    for _ in 0..<3 {
      let whole = parts.count == 1 ? first : try graph.add(Concatenate(axis: 1), parts)[0]
      parts.append(try graph.add(Reduce(.max, axes: [1], keepDims: true), [whole])[0])
    }
    graph.addOutput("y", try graph.add(negation, [try graph.add(Concatenate(axis: 1), parts)[0]])[0])
    try expectItsMeaning(graph)
    let program = try Lowering { $0 }.lower(graph, name: "net")
    #expect(!program.layers.contains { $0.operatorName == "concatenate" })
  }

  @Test func twoStatesMayBeExchanged() throws {
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [2]))
    let (a, b) = (graph.addState("a", TensorType(.float32, [2])), graph.addState("b", TensorType(.float32, [2])))
    graph.addOutput("y", try graph.add(sum, [a, x])[0])
    graph.states[0].output = b
    graph.states[1].output = try graph.add(sum, [b, x])[0]
    let program = try Lowering { $0 }.lower(graph, name: "net")
    let (interpreter, input) = (ProgramInterpreter(program), Tensor(floats: [1, 2], [2]))
    let outputs = try (0..<4).map { _ in try interpreter.run([input])[0].floats[0] }
    // b counts runs, and a is what b was a run before.
    #expect(outputs == [1, 1, 2, 3])
  }

  @Test func inputsAndConstantsCanBeOutputs() throws {
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [2]))
    graph.addOutput("same", x)
    graph.addOutput("again", x)
    graph.addOutput("constant", graph.addConstant("c", Tensor(floats: [3], [1])))
    try expectItsMeaning(graph)
  }

  private let negation = Map(ElementwiseBody(-ElementwiseBody.input(0, .float32)), inputCount: 1)
  private let sum = Map(ElementwiseBody(ElementwiseBody.input(0, .float32) + ElementwiseBody.input(1, .float32)), inputCount: 2)

  private func expectItsMeaning(_ graph: Graph) throws {
    var generator = SeededGenerator(1)
    let inputs = graph.inputs.map { Tensor.random(.float32, graph.type($0).shape.constants ?? [], using: &generator) }
    let program = try Lowering { $0 }.lower(graph, name: "net")
    #expect(try ProgramInterpreter(program).run(inputs) == Interpreter(graph).outputs(inputs))
  }
}
