import GraphIR
import LoopIR
import Operators
import Passes
import Targets
import Tensors
import TestSupport
import Testing

@Suite struct SparseSelectionTests {
  /// A product with a matrix in which each element is other than zero with that chance.
  private func layer(_ inner: Int, _ outputs: Int, density: Double, rows: Int = 1, dtype: DType = .float32, seed: UInt64 = 1) throws
    -> Graph
  {
    var generator = SeededGenerator(seed)
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(dtype, [Dim(rows), Dim(inner)]))
    let values = (0..<inner * outputs).map { _ in
      Double.random(in: 0..<1, using: &generator) < density ? Double.random(in: 0.5...1, using: &generator) : 0
    }
    let weights = graph.addConstant("w", Tensor(dtype, [inner, outputs], values))
    let product = try graph.add(MatMul(), [x, weights])[0]
    let bias = graph.addConstant("b", Tensor.random(dtype, [outputs], using: &generator))
    let sum = ElementwiseBody(ElementwiseBody.input(0, dtype) + ElementwiseBody.input(1, dtype))
    graph.addOutput("y", try graph.add(Map(sum, inputCount: 2), [product, bias])[0])
    return graph
  }

  private func changed(_ graph: Graph, _ target: Target = .x86v4) throws -> Graph {
    var graph = graph
    try GraphPass.fuseEpilogues.run(on: &graph)
    try GraphPass.chooseSparse(for: target).run(on: &graph)
    return graph
  }

  private func isSparse(_ graph: Graph) -> Bool { graph.nodes[0].op is SparseProduct }

  @Test(arguments: [(100, 40, 0.1), (400, 120, 0.2), (64, 16, 0.0), (70000, 3, 0.01), (33, 85, 0.12)], [Target.x86v3, .x86v4])
  func whatIsChosenComputesTheSame(sample: (Int, Int, Double), target: Target) throws {
    let graph = try layer(sample.0, sample.1, density: sample.2)
    let sparse = try changed(graph, target)
    #expect(isSparse(sparse) && sparse.defects().isEmpty)
    var generator = SeededGenerator(9)
    let x = Tensor.random(.float32, [1, sample.0], using: &generator)
    #expect(try distance(Interpreter(graph).outputs([x])[0], Interpreter(sparse).outputs([x])[0]) < 2e-6)
  }

  @Test func theLabelAndTheSizeTell() throws {
    let dense = try layer(400, 120, density: 0.2)
    let sparse = try changed(dense)
    #expect(sparse.nodes[0].label == "sparse_product+add")
    let name = sparse.nodes[0].name
    let (before, after) = (try #require(dense.weightStatistics["matmul"]), try #require(sparse.weightStatistics[name]))
    #expect(after.kernel == "sparse_product" && 2.5 * Double(after.bytes) < Double(before.bytes))
  }

  @Test func otherLayersStayAsTheyAre() throws {
    #expect(!isSparse(try changed(layer(400, 120, density: 1))))
    #expect(!isSparse(try changed(layer(400, 120, density: 0.6))))
    // One output, fewer inputs than two vectors, several rows, doubles.
    #expect(!isSparse(try changed(layer(256, 1, density: 0.05))))
    #expect(!isSparse(try changed(layer(31, 120, density: 0.1))))
    #expect(!isSparse(try changed(layer(400, 120, density: 0.1, rows: 2))))
    #expect(!isSparse(try changed(layer(400, 120, density: 0.1, dtype: .float64))))
  }

  /// A product of codes with a matrix of int8 like that, or a convolution of three by three taps where there are channels.
  private func integerLayer(_ inner: Int, _ outputs: Int, density: Double, isConvolution: Bool = false) throws -> Graph {
    var generator = SeededGenerator(3)
    var graph = Graph(name: "net")
    let values = (0..<inner * outputs * (isConvolution ? 9 : 1)).map { _ in
      Double.random(in: 0..<1, using: &generator) < density ? Int64.random(in: -127...127, using: &generator) : 0
    }
    let shape: Shape = isConvolution ? [1, 6, 7, Dim(inner)] : [1, Dim(inner)]
    let x = graph.addInput("x", TensorType(.uint8, shape))
    let dims = isConvolution ? [3, 3, inner, outputs] : [inner, outputs]
    let weights = graph.addConstant("w", Tensor(.int8, dims, integers: values))
    let op: any Operator = isConvolution ? Convolution(SlidingWindow(strides: [2, 1]), widens: true) : MatMul(widens: true)
    let sum = try graph.add(op, [x, weights])[0]
    let code = Expr.cast(.uint8, minimum(maximum(ElementwiseBody.input(0, .int32), .constant(0, .int32)), .constant(255, .int32)))
    graph.addOutput("y", try graph.add(Map(ElementwiseBody(code), inputCount: 1), [sum])[0])
    return graph
  }

  private func expectEqual(_ graph: Graph, _ other: Graph) throws {
    var generator = SeededGenerator(9)
    let x = Tensor.random(graph.type(graph.inputs[0]).dtype, graph.type(graph.inputs[0]).shape.constants ?? [], using: &generator)
    let (expected, found) = (try Interpreter(graph).outputs([x])[0], try Interpreter(other).outputs([x])[0])
    #expect(other.defects().isEmpty)
    if expected.dtype.isFloat {
      #expect(distance(expected, found) < 2e-6)
    } else {
      #expect(expected == found)
    }
  }

  @Test(arguments: [(400, 120, 0.2), (48, 16, 0.15), (1000, 33, 0.05), (64, 40, 0.0)], [Target.x86v3, .x86v4, .generic])
  func integersAreFoundTheirZerosToo(sample: (Int, Int, Double), target: Target) throws {
    let graph = try integerLayer(sample.0, sample.1, density: sample.2)
    let sparse = try changed(graph, target)
    let op = sparse.nodes[0].op
    #expect(target == .generic ? op is SparseRows || op is LiteralProduct : op is SparseDots)
    try expectEqual(graph, sparse)
    let full = try changed(integerLayer(sample.0, sample.1, density: 0.9), target)
    #expect(!(full.nodes[0].op is SparseDots))
  }

  @Test(arguments: [(400, 120, 0.2), (600, 5, 0.05), (30, 20, 0.1), (6, 300, 0.2)])
  func withoutVectorsRowsOrLiteralsAreTaken(inner: Int, outputs: Int, density: Double) throws {
    let graph = try layer(inner, outputs, density: density, rows: 3)
    let sparse = try changed(graph, .generic)
    let count = Double(inner * outputs) * density
    #expect(count < 200 ? sparse.nodes[0].op is LiteralProduct : sparse.nodes[0].op is SparseRows)
    try expectEqual(graph, sparse)
    #expect(!isSparse(try changed(layer(inner, outputs, density: 0.9), .generic)))
  }

  @Test func distantElementsAreReachedInSeveralSteps() throws {
    var graph = try layer(2000, 2, density: 0)
    var values = [Double](repeating: 0, count: 4000)
    for place in [0, 510, 1022] + (3200..<4000) { values[place] = Double(place + 1) / 4000 }
    graph.constants[graph.nodes[0].inputs[1] ?? graph.inputs[0]] = Tensor(.float32, [2000, 2], values)
    let sparse = try changed(graph, .generic)
    #expect(sparse.nodes[0].op is SparseRows)
    try expectEqual(graph, sparse)
  }

  @Test(arguments: [true, false], [true, false]) func convolutionsToo(hasBias: Bool, isPadded: Bool) throws {
    var generator = SeededGenerator(4)
    var graph = Graph(name: "net")
    let x = graph.addInput("x", TensorType(.float32, [2, 8, 7, 3]))
    let values = (0..<3 * 2 * 3 * 24).map { _ in
      Float.random(in: 0..<1, using: &generator) < 0.7 ? 0 : Float.random(in: -1...1, using: &generator)
    }
    let weights = graph.addConstant("w", Tensor(floats: values, [3, 2, 3, 24]))
    let bias = graph.addConstant("b", Tensor.random(.float32, [24], using: &generator))
    let scale = graph.addConstant("s", Tensor.random(.float32, [24], using: &generator))
    let window = SlidingWindow(strides: [1, 2], padsBefore: isPadded ? [1, 0] : [], padsAfter: isPadded ? [1, 1] : [])
    let sum = try graph.add(Convolution(window), hasBias ? [x, weights, bias] : [x, weights])[0]
    let product = ElementwiseBody(ElementwiseBody.input(0, .float32) * ElementwiseBody.input(1, .float32))
    graph.addOutput("y", try graph.add(Map(product, inputCount: 2), [sum, scale])[0])
    let sparse = try changed(graph, .generic)
    #expect(sparse.nodes.contains { $0.op is LiteralProduct || $0.op is SparseRows })
    try expectEqual(graph, sparse)
    #expect(try changed(graph, .x86v4).nodes.allSatisfy { !($0.op is SparseRows) })
    let integers = try integerLayer(3, 40, density: 0.3, isConvolution: true)
    try expectEqual(integers, try changed(integers, .generic))
  }

  @Test func weightsThatAnotherNodeReadsStay() throws {
    var graph = try layer(64, 40, density: 0.1)
    graph.addOutput("z", try graph.add(MatMul(), graph.nodes[0].inputs)[0])
    #expect(graph.sparseReasons(for: .generic).values.allSatisfy { $0.contains("others read") })
    #expect(!isSparse(try changed(graph, .generic)))
  }

  @Test func reasonsTellWhatKernelsWouldCost() throws {
    func reason(_ graph: Graph, _ target: Target) -> String { graph.sparseReasons(for: target).values.first ?? "" }
    #expect(try reason(layer(400, 120, density: 0.6), .x86v4).contains("less than half"))
    #expect(try reason(layer(400, 120, density: 0.1, rows: 2), .x86v4).contains("many rows"))
    #expect(try reason(layer(256, 2, density: 0.3), .x86v4).hasPrefix("sparse_product would take"))
    #expect(try reason(layer(400, 120, density: 0.1), .generic).contains("% of the bytes"))
  }

  @Test(arguments: [(120, 400, 16), (37, 90, 8), (5, 40, 16), (0, 40, 8), (33, 20, 16)])
  func blocksOfLanesTakeFewSteps(outputs: Int, inner: Int, lanes: Int) {
    var generator = SeededGenerator(7)
    let rows = (0..<outputs).map { output in
      (0..<inner).filter { _ in Double.random(in: 0..<1, using: &generator) < (output % 3 == 0 ? 0.1 : 0.2) }
    }
    let lanes = LaneOrder(rows: rows, inner: inner, lanes: lanes)
    let order = lanes.order
    #expect(order.sorted() == Array(0..<outputs))
    let bySize = rows.indices.sorted { (-rows[$0].count, $0) < (-rows[$1].count, $1) }
    #expect(lanes.fours(order) <= lanes.fours(bySize))
    if outputs == 120 { #expect(lanes.fours(order) < lanes.fours(bySize)) }
  }

  @Test func oneFullColumnAmongEmptyOnesDoesNotPay() throws {
    var graph = try layer(400, 16, density: 0)
    graph.constants[graph.nodes[0].inputs[1] ?? graph.inputs[0]] = Tensor(.float32, [400, 16], (0..<6400).map { $0 % 16 == 3 ? 1 : 0 })
    #expect(!isSparse(try changed(graph)))
  }
}
