import GraphIR
import LoopIR
import Operators
import Passes
import Tensors
import Testing

@Suite struct NodePassTests {
  @Test func deadNodesAndTheirConstantsGo() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [2])
    let c = sketch.constant("c", [2])
    _ = try sketch.map("dead", x0 + x1, x, c)
    sketch.output(try sketch.map("y", relu, x))
    #expect(try sketch.nodes(after: .removeDeadNodes) == ["%y: float32[2] = map(%x) [maximum(x0, 0.0)]"])
    try GraphPass.removeDeadNodes.run(on: &sketch.graph)
    #expect(sketch.graph.constants.isEmpty)
  }

  @Test func whatIsKnownIsComputedButNotBlownUp() throws {
    var sketch = Sketch()
    let (row, column) = (sketch.constant("row", [1, 400]), sketch.constant("column", [400, 1]))
    let doubled = try sketch.map("doubled", x0 + x0, row)
    let outer = try sketch.map("outer", x0 * x1, doubled, column)
    sketch.output(try sketch.map("y", x0 + x1, sketch.input("x", [400, 400]), outer))
    #expect(
      try sketch.nodes(after: .foldConstants) == [
        "%outer: float32[400, 400] = map(%doubled, %column) [(x0 * x1)]", "%y: float32[400, 400] = map(%x, %outer) [(x0 + x1)]",
      ])
  }

  @Test func equalNodesAndConstantsMerge() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [7])
    let first = try sketch.map("first", x0 * x1, x, sketch.constant("c", [7]))
    let second = try sketch.map("second", x0 * x1, x, sketch.constant("d", [7]))
    sketch.output(try sketch.map("y", x0 + x1, first, second))
    #expect(
      try sketch.nodes(after: .mergeEqualNodes) == [
        "%first: float32[7] = map(%x, %c) [(x0 * x1)]", "%y: float32[7] = map(%first, %first) [(x0 + x1)]",
      ])
  }

  @Test func literalsThatDifferInTheSignOfZeroDoNotMerge() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [7])
    let first = try sketch.map("first", x0 + .constant(0, .float32), x)
    let second = try sketch.map("second", x0 + .constant(-0.0, .float32), x)
    sketch.output(try sketch.map("y", x0 / x1, first, second))
    #expect(try sketch.nodes(after: .mergeEqualNodes).count == 3)
  }

  @Test func identitiesGoButAnOutputIsNeverAnInput() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [3])
    let copied = try sketch.map("copied", x0, x)
    sketch.output(try sketch.map("y", relu, copied))
    sketch.output(copied)
    #expect(
      try sketch.nodes(after: .removeIdentities) == [
        "%copied: float32[3] = map(%x) [x0]", "%y: float32[3] = map(%copied) [maximum(x0, 0.0)]",
      ])
  }

  @Test func uniformConstantsBecomeLiteralsUnlessTheyWidenTheResult() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [3, 2])
    let two = sketch.constant("two", [2], [2, 2])
    let wide = sketch.constant("wide", [1, 1, 1], [3])
    sketch.output(try sketch.map("y", x0 * x1, x, two))
    sketch.output(try sketch.map("z", x0 * x1, x, wide))
    #expect(
      try sketch.nodes(after: .inlineLiterals) == [
        "%y: float32[3, 2] = map(%x) [(x0 * 2.0)]", "%z: float32[1, 3, 2] = map(%x, %wide) [(x0 * x1)]",
      ])
  }

  @Test func bodiesLoseWhatChangesNothing() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [3])
    let body = (x0 - .constant(0, .float32)) * .constant(1, .float32) / .constant(4, .float32) + .constant(0, .float32)
    sketch.output(try sketch.map("y", body, x))
    #expect(try sketch.nodes(after: .simplifyBodies) == ["%y: float32[3] = map(%x) [((x0 * 0.25) + 0.0)]"])
  }

  @Test func powersBecomeProducts() throws {
    var sketch = Sketch()
    sketch.output(try sketch.map("y", .binary(.power, x0, .constant(3, .float32)), sketch.input("x", [3])))
    #expect(try sketch.nodes(after: .expandPowers) == ["%y: float32[3] = map(%x) [((x0 * x0) * x0)]"])
  }

  @Test(arguments: [(1.4142135, true), (1e-40, false), (0, false)]) func quotientsInsideOfErfBecomeProducts(
    divisor: Double, isProduct: Bool
  ) throws {
    var sketch = Sketch()
    sketch.output(try sketch.map("y", .unary(.erf, x0 / .constant(divisor, .float32)), sketch.input("x", [3])))
    #expect(try sketch.nodes(after: .expandPowers)[0].contains("x0 * 0.7071") == isProduct)
    #expect(try sketch.nodes(after: .expandPowers)[0].contains("x0 / ") != isProduct)
  }

  @Test func weightsArePackedWhereNobodyElseReadsThem() throws {
    var sketch = Sketch()
    let (x, w, shared) = (sketch.input("x", [3, 3]), sketch.constant("w", [3, 9]), sketch.constant("shared", [3, 3]))
    sketch.output(try sketch.add("y", MatMul(), x, w))
    sketch.output(try sketch.map("z", x0 + x1, try sketch.add("p", MatMul(), x, shared), shared))
    try GraphPass.packWeights(lanes: 2, vectors: 8).run(on: &sketch.graph)
    #expect(sketch.graph.type(w).layout == .blocked(axis: 1, size: 4))
    #expect(sketch.graph.type(shared).layout == .rowMajor)
  }

  @Test func aPassIsFoundByNameOrTheNamesAreListed() throws {
    #expect(try Pipeline.standard.pass(named: "fuse-maps").name == "fuse-maps")
    #expect {
      try Pipeline.standard.pass(named: "fuse")
    } throws: { error in
      (error as? Diagnostic)?.hint?.contains("fuse-maps, ") == true
    }
  }

  @Test func aDumpSaysWhatChanged() throws {
    var sketch = Sketch()
    sketch.output(try sketch.map("y", relu, sketch.input("x", [3])))
    #expect(Pipeline.dump(.fuseMaps, sketch.graph, sketch.graph) == "after fuse-maps: (unchanged)")
    let empty = Graph(name: "h")
    #expect(Pipeline.dump(.fuseMaps, empty, sketch.graph) == "after fuse-maps: \n\(sketch.graph)")
  }
}
