import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct RoiPoolTests {
  @Test func poolsWhatOneExpects() throws {
    let x = counting([1, 3, 4, 1])
    let regions = Tensor(floats: [0, 1, 0, 3, 2, 0, 0, 0, 0, 0, 0, -9, -9, -5, -5, 0, 2.5, 1.4, 9, 9], [4, 5])
    let inputs = [x, regions]
    let op = RoiPool(size: [2, 2])
    let expected = [6, 7, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0, 11, 0, 0, 0].map { Float($0) }
    #expect(try result(op, inputs).floats == expected)
    #expect(try LoweredNode(op, inputs.map(\.type)).run(inputs)[0].floats == expected)
  }

  @Test(arguments: [[3, 2], [1, 1], [2, 5]])
  func lowersToItsMeaning(size: [Int]) throws {
    for draw in Draw.allCases {
      let types = [TensorType(.float64, [3, 4, 5, 2]), TensorType(.float64, [6, 5])]
      #expect(try disagreement(RoiPool(size: size, scale: 0.5), types, seed: 3, draw: draw) == 0)
      let open = [TensorType.floats([batch, time, 5, 2]), .floats([3, 5])]
      for extent in [0, 2] {
        #expect(try disagreement(RoiPool(size: size), open, seed: 3, draw: draw, dims: ["B": 2, "T": extent]) == 0)
      }
    }
  }

  @Test func readsNothingElse() throws {
    let wild = [-1e30, -1e30, 1e30, 1e30, .nan, .nan, 0, 1, .nan, .infinity, .infinity, 1, 1, 5, 5]
    let inputs = [mixed([2, 3, 3, 1]), Tensor(.float32, [3, 5], wild)]
    let op = RoiPool(size: [2, 2])
    #expect(try LoweredNode(op, inputs.map(\.type)).run(inputs)[0].dims == [3, 2, 2, 1])
    #expect(try result(op, inputs).dims == [3, 2, 2, 1])
  }

  @Test func refusesWhatHasNoMeaning() {
    let (x, r) = (TensorType.floats([1, 3, 4, 2]), TensorType.floats([5, 5]))
    #expect(throws: Diagnostic.self) { try RoiPool().infer([x, .floats([5, 4])]) }
    #expect(throws: Diagnostic.self) { try RoiPool().infer([.floats([1, 3, 2]), r]) }
    #expect(throws: Diagnostic.self) { try RoiPool(size: [1]).infer([x, r]) }
    #expect(throws: Diagnostic.self) { try RoiPool(size: [0, 1]).infer([x, r]) }
    #expect(throws: Diagnostic.self) { try RoiPool(size: [1, 1], scale: .infinity).infer([x, r]) }
  }
}
