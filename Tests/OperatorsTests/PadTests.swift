import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct PadTests {
  @Test(arguments: Pad.Mode.allCases)
  func padsAnyAxes(mode: Pad.Mode) throws {
    for (before, after) in [([0, 1, 2], [0, 0, 3]), ([2, 0, 0], [0, 0, 0]), ([0, 0, 0], [0, 0, 0]), ([1, 7, 1], [5, 4, 9])] {
      let op = Pad(before: before, after: after, mode: mode, value: -3)
      try expectAgreement(op, [.floats([2, 3, 4])])
      try expectAgreement(op, [TensorType(.int32, [1, 1, 5])])
      try expectAgreement(op, [.floats([batch, 2, time])], dims: ["B": 1, "T": 3])
    }
  }

  @Test(
    arguments: [
      (.constant, [9, 9, 9, 0, 1, 2, 9, 9]), (.edge, [0, 0, 0, 0, 1, 2, 2, 2]), (.reflect, [1, 2, 1, 0, 1, 2, 1, 0]),
      (.symmetric, [2, 1, 0, 0, 1, 2, 2, 1]), (.wrap, [0, 1, 2, 0, 1, 2, 0, 1]),
    ] as [(Pad.Mode, [Float])])
  func padsAsNumPy(mode: Pad.Mode, expected: [Float]) throws {
    #expect(try result(Pad(before: [3], after: [2], mode: mode, value: 9), [counting([3])]).floats == expected)
  }

  @Test func refusesCountsThatDoNotFit() {
    for (before, after) in [([1], [1]), ([0, -1], [0, 0]), ([0, 0], [0, 1 << 40])] {
      #expect(throws: Diagnostic.self) { try Pad(before: before, after: after).infer([.floats([2, 2])]) }
    }
  }
}
