import GraphIR
import LoopIR
import Lowering
import Tensors
import TestSupport
import Testing

@testable import Readers

/// What readers make of shapes, slices and counts that only a run knows: the reference and the nests agree.
@Suite struct ComputedExtentTests {
  private func vector(_ numbers: [Int64]) -> Tensor { Tensor(.int64, [numbers.count], integers: numbers) }

  private func expect(_ writer: GraphWriter, _ result: ValueID, _ inputs: [Tensor], _ expected: Tensor) throws {
    var graph = writer.graph
    graph.addOutput("y", result)
    #expect(graph.defects() == [])
    #expect(try Interpreter(graph).outputs(inputs) == [expected])
    #expect(try ProgramInterpreter(Lowering { $0 }.lower(graph, name: "net")).run(inputs) == [expected])
  }

  private func fails(_ writer: GraphWriter, _ result: ValueID, _ inputs: [Tensor]) throws {
    var graph = writer.graph
    graph.addOutput("y", result)
    #expect(throws: Diagnostic.self) { try Interpreter(graph).outputs(inputs) }
    #expect(throws: Diagnostic.self) { try ProgramInterpreter(Lowering { $0 }.lower(graph, name: "net")).run(inputs) }
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

  @Test func shapes() throws {
    let (writer, id) = try writer()
    let shape = try writer.addInput("s", TensorType(.int64, [2]))
    let result = try writer.reshape(id, by: shape, allowsZero: false, "y")
    for (asked, dims) in [([3, 2], [3, 2]), ([0, -1], [2, 3]), ([-1, 1], [6, 1])] as [([Int64], [Int])] {
      try expect(writer, result, [x, vector(asked)], x.reshaped(dims))
    }
    for asked in [[4, -1], [2, 2], [-6, -1], [7, 1], [0, 2]] as [[Int64]] { try fails(writer, result, [x, vector(asked)]) }
  }

  @Test func slices() throws {
    let (writer, id) = try writer()
    let inputs = try ["s", "e", "a", "t"].map { name in try writer.addInput(name, TensorType(.int64, [1])) }
    let result = try writer.slice(id, starts: inputs[0], ends: inputs[1], axes: inputs[2], steps: inputs[3], "y")
    let cases: [([Int64], [Float], [Int])] = [
      ([0, 2, 1, 1], [0, 5, 7, 0], [2, 2]), ([-1, .min, -1, -2], [0, 0, 9, 7], [2, 2]), ([1, .max, 0, 1], [7, 0, 9], [1, 3]),
      ([3, 9, 1, 1], [], [2, 0]),
    ]
    for (numbers, elements, dims) in cases {
      try expect(writer, result, [x] + numbers.map { vector([$0]) }, Tensor(floats: elements, dims))
    }
    let fixed = writer.constant(vector([-1]), "axes")
    let along = try writer.slice(id, starts: inputs[0], ends: inputs[1], axes: fixed, steps: nil, "z")
    #expect(writer.shape(along)[0] == 2)
  }

  @Test func ranges() throws {
    let writer = GraphWriter(name: "net")
    let count = try writer.addInput("n", TensorType(.int32, []))
    let scalars = try ["from", "by"].map { name in try writer.addInput(name, TensorType(.float32, [])) }
    let dim = try writer.computedDim("n", 0...8, from: count)
    let result = try writer.range(from: scalars[0], by: scalars[1], count: dim, "range")
    let inputs = [Tensor(.int32, [], integers: [4]), Tensor(floats: [1], []), Tensor(floats: [-0.5], [])]
    try expect(writer, result, inputs, Tensor(floats: [1, 0.5, 0, -0.5], [4]))
    try fails(writer, result, [Tensor(.int32, [], integers: [9])] + inputs.dropFirst())
  }
}
