import GraphIR
import LoopIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct ScanTests {
  /// `s' = s * k + x`, collecting `s'`; k stays the same.
  private func body(_ width: Dim) throws -> Graph {
    var graph = Graph(name: "step")
    let ids = ["s", "x", "k"].map { graph.addInput($0, .floats([width])) }
    let inputs = (0..<3).map { ElementwiseBody.input($0, .float32) }
    let next = try graph.add(Map(ElementwiseBody(.multiplyAdd(inputs[0], inputs[2], inputs[1])), inputCount: 3), [ids[0], ids[1], ids[2]])
    graph.addOutput("s", next[0])
    graph.addOutput("all", next[0])
    return graph
  }

  @Test(arguments: [false, true])
  func runsItsBodyForEachElement(reversed: Bool) throws {
    let scan = Scan(try body(1), carried: 1, sequences: 1, isReversed: reversed)
    let found = try scan.evaluate([Tensor(floats: [1], [1]), Tensor(floats: [3, 4, 5], [3, 1]), Tensor(floats: [2], [1])])
    #expect(found[0].floats == [reversed ? 39 : 33])
    #expect(found[1].floats == (reversed ? [39, 18, 7] : [5, 14, 33]))
  }

  @Test func runsInAGraphOfOpenExtents() throws {
    var graph = Graph(name: "outer")
    let shapes: [(String, Shape)] = [("s", [batch]), ("x", [time, batch]), ("k", [batch])]
    let inputs = shapes.map { graph.addInput($0.0, .floats($0.1)) }
    let outputs = try graph.add(Scan(try body(batch), carried: 1, sequences: 1), inputs)
    for (position, id) in outputs.enumerated() { graph.addOutput("y\(position)", id) }
    #expect(graph.type(outputs[1]).shape == [time, batch])
    #expect(graph.defects().isEmpty)
    let found = try Interpreter(graph).outputs([counting([2]), counting([3, 2]), counting([2])])
    #expect(found[1] == Tensor(floats: [0, 2, 2, 5, 4, 10], [3, 2]))
  }

  @Test func givesItsBodyExtentsThatOnlyTheOuterGraphKnows() throws {
    var inner = Graph(name: "step")
    let element = inner.addInput("x", .floats([]))
    let wide = try inner.add(Expand([batch]), [element])
    inner.addOutput("y", wide[0])
    let scan = Scan(inner, carried: 0, sequences: 1)
    #expect(throws: Diagnostic.self) { try scan.evaluate([counting([2])]) }
    #expect(try scan.substituting(["B": 3]).evaluate([counting([2])])[0] == Tensor(floats: [0, 0, 0, 1, 1, 1], [2, 3]))
  }

  @Test func refusesWhatItsBodyDoesNotTake() throws {
    let scan = Scan(try body(2), carried: 1, sequences: 1)
    let (state, x) = (TensorType.floats([2]), TensorType.floats([time, 2]))
    #expect(try scan.infer([state, x, state]).map(\.shape) == [[2], [time, 2]])
    for inputs in [[state, x], [x, x, state], [state, state, state], [state, .floats([]), state]] {
      #expect(throws: Diagnostic.self) { try scan.infer(inputs) }
    }
    for (carried, sequences) in [(0, 0), (1, 3), (3, 1), (-1, 1), (1, .max), (.max, .max), (2, .min)] {
      let scan = Scan(try body(2), carried: carried, sequences: sequences)
      #expect(throws: Diagnostic.self) { try scan.infer([state, x, state]) }
    }
  }
}
