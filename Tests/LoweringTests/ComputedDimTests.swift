import GraphIR
import LoopIR
import Lowering
import Operators
import Passes
import Tensors
import TestSupport
import Testing

/// Extents that a run computes, step by step with every access checked.
@Suite struct ComputedDimTests {
  private let x0 = ElementwiseBody.input(0, .float32)
  private var sum: Map { Map(ElementwiseBody(x0 + .variable(Variable("x1", ValueType(.float32)))), inputCount: 2) }
  private var double: Map { Map(ElementwiseBody(x0 + x0), inputCount: 1) }

  /// `[n, m]` elements, where the input `shape` holds n and m, added to a row, and its sums.
  private func expanding(_ dtype: DType = .int64) throws -> Graph {
    var graph = Graph(name: "net")
    let shape = graph.addInput("shape", TensorType(dtype, [2]))
    let x = graph.addInput("x", TensorType(.float32, []))
    let n = try graph.addComputedDim("n", range: 0...5, from: shape, element: 0)
    let m = try graph.addComputedDim("m", range: 1...4, from: shape, element: 1)
    let whole = try graph.add(Expand([n, m]), [x])[0]
    graph.addOutput("whole", try graph.add(double, [whole])[0])
    graph.addOutput("flat", try graph.add(Reshape([n * m]), [whole])[0])
    graph.addOutput("sums", try graph.add(Reduce(.sum, axes: [0]), [whole])[0])
    return graph
  }

  private func expectItsMeaning(_ graph: Graph, _ inputs: [Tensor], _ dims: [String: Int] = [:]) throws {
    #expect(graph.defects() == [])
    let expected = try Interpreter(graph).outputs(inputs)
    var optimised = graph
    try Pipeline.standard.run(on: &optimised)
    for graph in [graph, optimised] {
      let program = try Lowering { $0 }.lower(graph, name: "net")
      #expect(try ProgramInterpreter(program).run(inputs, dims: dims) == expected, "\(graph)")
    }
  }

  @Test(arguments: [DType.int32, .int64], [[3, 2], [0, 1], [5, 4]])
  func extentsComeFromAnInput(dtype: DType, shape: [Int64]) throws {
    try expectItsMeaning(try expanding(dtype), [Tensor(dtype, [2], integers: shape), Tensor(floats: [1.5], [])])
  }

  @Test(arguments: [[6, 2], [-1, 1], [2, 0], [1 << 40, 1]] as [[Int64]])
  func whatIsOutOfRangeFails(shape: [Int64]) throws {
    let graph = try expanding()
    let inputs = [Tensor(.int64, [2], integers: shape), Tensor(floats: [1], [])]
    #expect(throws: Diagnostic.self) { try Interpreter(graph).outputs(inputs) }
    let program = try Lowering { $0 }.lower(graph, name: "net")
    #expect(throws: Diagnostic.self) { try ProgramInterpreter(program).run(inputs) }
  }

  /// The count comes after a value that stands beside the counted ones in a concatenation.
  @Test func partsThatAreKnownBeforeTheExtentKeepTheirOwnMemory() throws {
    for axis in 0..<2 {
      var graph = Graph(name: "net")
      let x = graph.addInput("x", TensorType(.float32, [3, 3]))
      let early = try graph.add(double, [x])[0]
      let count = try graph.add(Map(ElementwiseBody(.cast(.int32, x0)), inputCount: 1), [graph.addInput("n", TensorType(.float32, []))])[0]
      let n = try graph.addComputedDim("n", range: 0...3, from: count)
      let late = try graph.add(Expand(axis == 0 ? [n, 3] : [3, n]), [graph.addInput("y", TensorType(.float32, []))])[0]
      graph.addOutput("joined", try graph.add(Concatenate(axis: axis), [late, early])[0])
      for n in [0, 2, 3] as [Float] {
        try expectItsMeaning(graph, [counting([3, 3]), Tensor(floats: [n], []), Tensor(floats: [7], [])])
      }
    }
  }

  @Test func extentsMayBeComputedInEachStepOfALoop() throws {
    var body = Graph(name: "step")
    let (total, count) = (body.addInput("total", TensorType(.float32, [])), body.addInput("count", TensorType(.int32, [])))
    let n = try body.addComputedDim("n", range: 0...4, from: count)
    let ones = try body.add(Expand([n]), [body.addConstant("one", Tensor(floats: [1], []))])[0]
    let next = try body.add(sum, [total, try body.add(Reduce(.sum), [ones])[0]])[0]
    body.addOutput("total", next)
    var graph = Graph(name: "net")
    let inputs = [graph.addInput("start", TensorType(.float32, [])), graph.addInput("counts", TensorType(.int32, [5]))]
    graph.addOutput("total", try graph.add(Scan(body, carried: 1, sequences: 1), inputs)[0])
    try expectItsMeaning(graph, [Tensor(floats: [0.5], []), Tensor(.int32, [5], integers: [4, 0, 2, 1, 3])])
  }

  @Test func passesKeepWhatAnExtentIsReadFrom() throws {
    var graph = try expanding()
    try Pipeline.standard.run(on: &graph)
    #expect(graph.computedDims.count == 2)
    graph.outputs = [graph.outputs[0]]
    try GraphPass.removeDeadNodes.run(on: &graph)
    #expect(graph.computedDims.count == 2 && graph.defects().isEmpty)
  }

  @Test func extentsThatAreKnownBecomeNumbers() throws {
    var graph = Graph(name: "net")
    let shape = graph.addConstant("shape", Tensor(.int64, [2], integers: [3, 4]))
    let last = try graph.add(Slice(starts: [1], ends: [2]), [shape])[0]
    let n = try graph.addComputedDim("n", range: 0...9, from: last)
    graph.addOutput("y", try graph.add(Expand([2, n]), [graph.addInput("x", TensorType(.float32, [1]))])[0])
    try Pipeline.standard.run(on: &graph)
    #expect(graph.dims.isEmpty && graph.type(graph.outputs[0].value).shape == [2, 4])
  }

  @Test func theVerifierFindsWhatIsUsedTooEarly() throws {
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, []))
    let count = try graph.add(Map(ElementwiseBody(.cast(.int32, x0)), inputCount: 1), [x])[0]
    let n = try graph.addComputedDim("n", range: 0...3, from: count)
    graph.addOutput("y", try graph.add(Expand([n]), [x])[0])
    #expect(graph.defects().isEmpty && "\(graph)".contains("dim n in 0...3 = %map[0]"))
    graph.nodes.swapAt(0, 1)
    #expect(graph.defects().contains { $0.contains("depends on n before") })
  }

  @Test func refusesWhatIsNoExtent() throws {
    var graph = Graph(name: "net")
    let floats = graph.addInput("x", TensorType(.float32, [2]))
    let matrix = graph.addInput("m", TensorType(.int32, [2, 2]))
    let vector = graph.addInput("v", TensorType(.int32, [2]))
    #expect(throws: Diagnostic.self) { try graph.addComputedDim("n", range: 0...3, from: floats) }
    #expect(throws: Diagnostic.self) { try graph.addComputedDim("n", range: 0...3, from: matrix) }
    #expect(throws: Diagnostic.self) { try graph.addComputedDim("n", range: 0...3, from: vector, element: 2) }
    #expect(throws: Diagnostic.self) { try graph.addComputedDim("n", range: -1...3, from: vector) }
    #expect(throws: Diagnostic.self) { try graph.addComputedDim("n", range: 0...1 << 31, from: vector) }
    #expect(try graph.addComputedDim("n", range: 0...3, from: vector) == .symbol("n"))
    #expect(try graph.addComputedDim("n", range: 0...3, from: vector, element: 1) == .symbol("n_1"))
  }

  private func counting(_ dims: [Int]) -> Tensor { Tensor(.float32, dims, integers: (0..<Int64(dims.reduce(1, *))).map { $0 }) }
}
