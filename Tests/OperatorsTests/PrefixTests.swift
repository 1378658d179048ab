import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct PrefixTests {
  @Test(arguments: [[3, 4], [2, 4], [1, 1], [0, 2]])
  func lowersToItsMeaning(shape: [Int]) throws {
    for dtype in [DType.float32, .bool, .int64] { try expectAgreement(Prefix(Shape(shape)), [TensorType(dtype, [3, 4])]) }
  }

  @Test func takesWhatOneExpects() throws {
    #expect(try result(Prefix([2, 1]), [counting([2, 3])]).floats == [0, 3])
    let types = [TensorType.floats([5, batch + 2])]
    for extent in [0, 1, 5] { try expectAgreement(Prefix([time, batch]), types, dims: ["B": 2, "T": extent]) }
  }

  /// What a computed extent takes of the rows that an operator filled.
  @Test func makesATensorOfWhatIsFilled() throws {
    var graph = Graph(name: "unique")
    let x = graph.addInput("x", TensorType(.float32, [6]))
    let found = try graph.add(Unique(), [x])
    let count = try graph.addComputedDim("count", range: 0...6, from: found[4])
    graph.addOutput("y", try graph.add(Prefix([count]), [found[0]])[0])
    #expect(graph.defects().isEmpty)
    #expect(try Interpreter(graph).outputs([Tensor(floats: [2, 1, 1, 3, 4, 3], [6])])[0].floats == [1, 2, 3, 4])
  }

  @Test func refusesMoreThanThereIs() {
    for shape in [[4, 1], [2], [-1, 2], [1, 1, 1]] {
      #expect(throws: Diagnostic.self) { try Prefix(Shape(shape)).infer([.floats([3, 4])]) }
    }
    #expect(throws: Diagnostic.self) { try Prefix([time + 1]).infer([.floats([time])]) }
  }
}
