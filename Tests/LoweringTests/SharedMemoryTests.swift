import GraphIR
import LoopIR
import Lowering
import Operators
import Passes
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

  /// The last block of squares overlaps the one before, and the sum overwrites what it adds.
  @Test func overlappingSquaresAreAddedOnce() throws {
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [1, 4, 12, 2]))
    let weights = graph.addConstant("w", Tensor(.float32, [1, 36, 1, 2, 2], (0..<144).map { Double($0 % 5) - 2 }))
    let op = WinogradConvolution(tile: 4, block: 2, channels: 2, outputs: 2, padsBefore: [1, 1], padsAfter: [1, 1])
    let layer = try graph.add(op, [x, weights])[0]
    graph.addOutput("y", try graph.add(Reverse([1]), [try graph.add(sum, [layer, try graph.add(negation, [x])[0]])[0]])[0])
    try GraphPass.fuseEpilogues.run(on: &graph)
    #expect(graph.nodes.count == 3)
    var generator = SeededGenerator(1)
    let input = Tensor.random(.float32, [1, 4, 12, 2], using: &generator)
    let program = try Lowering { $0 }.lower(graph, name: "net")
    #expect(try distance(ProgramInterpreter(program).run([input])[0], Interpreter(graph).outputs([input])[0]) < 1e-5)
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

  /// Heads of attention: what is cut out of one product and transposed is read where it lies, and the heads are written side by side.
  @Test func transposedRowsAreReadWhereTheyLie() throws {
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [5, 48]))
    let doubled = try graph.add(negation, [x])[0]
    let split = try graph.add(Reshape([5, 1, 3, 16]), [doubled])[0]
    let apart = try graph.add(Transpose([2, 1, 0, 3]), [split])[0]
    let parts = try (0..<3).map { part in
      let one = try graph.add(Slice(starts: [part], ends: [part + 1]), [apart])[0]
      let heads = try graph.add(Reshape([5, 2, 8]), [one])[0]
      return try graph.add(Transpose([1, 0, 2]), [heads])[0]
    }
    let scores = try graph.add(MatMul(transposeB: true), [parts[0], parts[1]])[0]
    let heads = try graph.add(MatMul(), [scores, parts[2]])[0]
    let side = try graph.add(Reshape([5, 16]), [try graph.add(Transpose([1, 0, 2]), [heads])[0]])[0]
    graph.addOutput("y", try graph.add(negation, [side])[0])
    try expectItsMeaning(graph)
    let program = try Lowering { $0 }.lower(graph, name: "net")
    #expect(program.layers.map(\.operatorName) == ["map", "matmul", "matmul", "map"])
  }

  @Test func shortRowsAreMoved() throws {
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [4, 5, 3]))
    let moved = try graph.add(Transpose([1, 0, 2]), [x])[0]
    graph.addOutput("y", try graph.add(sum, [moved, try graph.add(negation, [moved])[0]])[0])
    try expectItsMeaning(graph)
  }

  /// A part of a transposed tensor, and the whole, which is a result too.
  @Test func aViewOfAViewKeepsItsPlace() throws {
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [4, 6, 8]))
    let whole = try graph.add(Transpose([1, 0, 2]), [try graph.add(negation, [x])[0]])[0]
    let part = try graph.add(Slice(starts: [1, 1], ends: [6, 4], axes: [0, 1], steps: [2, 1]), [whole])[0]
    graph.addOutput("whole", whole)
    graph.addOutput("joined", try graph.add(Reshape([9, 8]), [part])[0])
    graph.addOutput("split", try graph.add(negation, [try graph.add(Reshape([3, 3, 2, 4]), [part])[0]])[0])
    try expectItsMeaning(graph)
  }

  private let negation = Map(ElementwiseBody(-ElementwiseBody.input(0, .float32)), inputCount: 1)
  private let sum = Map(ElementwiseBody(ElementwiseBody.input(0, .float32) + ElementwiseBody.input(1, .float32)), inputCount: 2)

  private func expectItsMeaning(_ graph: Graph) throws {
    var generator = SeededGenerator(1)
    let inputs = graph.inputs.map { Tensor.random(.float32, graph.type($0).shape.constants ?? [], using: &generator) }
    let program = try Lowering { $0 }.lower(graph, name: "net")
    let outputs = try ProgramInterpreter(program).run(inputs)
    for (found, expected) in zip(outputs, try Interpreter(graph).outputs(inputs)) { #expect(distance(found, expected) < 1e-6) }
  }
}
