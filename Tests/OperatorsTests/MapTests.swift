import GraphIR
import LoopIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct MapTests {
  @Test(arguments: [([3, 1, 5], [2, 1]), ([7], [7]), ([1], [4, 3]), ([], [2])])
  func broadcastsItsInputs(shapes: ([Int], [Int])) throws {
    let body = ElementwiseBody(maximum(ElementwiseBody.input(0, .float32) * ElementwiseBody.input(1, .float32), .constant(0, .float32)))
    let types = [shapes.0, shapes.1].map { TensorType(.float32, Shape($0)) }
    for draw in Draw.allCases { #expect(try disagreement(Map(body, inputCount: 2), types, seed: 1, draw: draw) < 1e-6) }
  }

  @Test func refusesATypeThatTheBodyDoesNotExpect() {
    let body = ElementwiseBody(ElementwiseBody.input(0, .float32))
    #expect(throws: Diagnostic.self) { try Map(body, inputCount: 1).infer([TensorType(.int32, [2])]) }
  }
}
