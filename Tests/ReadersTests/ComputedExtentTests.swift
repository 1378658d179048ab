import GraphIR
import LoopIR
import Lowering
import Tensors
import TestSupport
import Testing

@testable import Readers

/// What readers make of counts that only a run knows: the reference and the nests agree.
@Suite struct ComputedExtentTests {
  private func expect(_ writer: GraphWriter, _ result: ValueID, _ inputs: [Tensor], _ expected: Tensor) throws {
    var graph = writer.graph
    graph.addOutput("y", result)
    #expect(graph.defects() == [])
    #expect(try Interpreter(graph).outputs(inputs) == [expected])
    #expect(try ProgramInterpreter(Lowering { $0 }.lower(graph, name: "net")).run(inputs) == [expected])
  }

  private let x = Tensor(.float32, [2, 3], integers: [0, 5, 0, 7, 0, 9])

  private func writer() throws -> (GraphWriter, ValueID) {
    let writer = GraphWriter(name: "net")
    return (writer, try writer.addInput("x", x.type))
  }

  @Test func nonZeroElements() throws {
    let (writer, id) = try writer()
    let found = try writer.nonZero(id, "found/*")
    try expect(writer, found, [x], Tensor(.int64, [2, 3], integers: [0, 1, 1, 1, 0, 2]))
    try expect(writer, found, [Tensor(floats: [Float](repeating: 0, count: 6), [2, 3])], Tensor(.int64, [2, 0], integers: []))
  }

  @Test func elementsByACondition() throws {
    let (writer, id) = try writer()
    let condition = try writer.addInput("c", TensorType(.bool, [2]))
    let taken = try writer.compress(id, by: condition, axis: 1, "taken")
    try expect(writer, taken, [x, Tensor(.bool, [2], integers: [0, 1])], Tensor(floats: [5, 0], [2, 1]))
    try expect(writer, taken, [x, Tensor(.bool, [2], integers: [0, 0])], Tensor(floats: [], [2, 0]))
  }
}
