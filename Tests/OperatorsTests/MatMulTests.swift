import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct MatMulTests {
  @Test(
    arguments: [
      ([3, 5], [5, 7]), ([1, 1], [1, 1]), ([2, 3, 4], [4, 2]), ([2, 1, 3, 4], [5, 4, 2]), ([4, 3], [3, 1]),
    ], [false, true])
  func lowersToItsMeaning(shapes: ([Int], [Int]), transposed: Bool) throws {
    let (a, b) = (transposed ? swapped(shapes.0) : shapes.0, transposed ? swapped(shapes.1) : shapes.1)
    let op = MatMul(transposeA: transposed, transposeB: transposed)
    let types = [TensorType(.float32, Shape(a)), TensorType(.float32, Shape(b))]
    for seed in UInt64(0)..<5 {
      for draw in Draw.allCases { #expect(try disagreement(op, types, seed: seed, draw: draw) < 1e-6, "seed \(seed), \(draw)") }
    }
  }

  @Test func refusesInnerExtentsThatDiffer() {
    #expect(throws: Diagnostic.self) { try MatMul().infer([TensorType(.float32, [2, 3]), TensorType(.float32, [4, 2])]) }
  }

  private func swapped(_ dims: [Int]) -> [Int] { dims.dropLast(2) + [dims[dims.count - 1], dims[dims.count - 2]] }
}
