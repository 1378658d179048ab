import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct MovementTests {
  @Test(arguments: [([3, 4], []), ([2, 3, 5], [0, 2, 1]), ([2, 3, 4, 5], [3, 0, 2, 1]), ([2, 3], [-1, 0]), ([7], [0])])
  func transposes(dims: [Int], permutation: [Int]) throws {
    try expectAgreement(Transpose(permutation), [.floats(Shape(dims))])
    try expectAgreement(Transpose(permutation), [TensorType(.uint64, Shape(dims))])
  }

  @Test func transposesWhatOneExpects() throws {
    #expect(try result(Transpose([1, 2, 0]), [counting([2, 1, 3])]).floats == [0, 3, 1, 4, 2, 5])
    #expect(throws: Diagnostic.self) { try Transpose([0, 0]).infer([.floats([2, 3])]) }
    #expect(throws: Diagnostic.self) { try Transpose([0]).infer([.floats([2, 3])]) }
  }

  @Test func knowsATransposeThatMovesNothing() throws {
    #expect(Transpose([1, 0, 2]).aliasing([.floats([1, time, 4])], []) == .sameElements)
    #expect(Transpose([1, 0, 2]).aliasing([.floats([batch, time, 4])], []) == .none)
  }

  @Test(arguments: [0, 1, -1])
  func concatenates(axis: Int) throws {
    let shapes = (1...3).map { count in [2, 3, 4].enumerated().map { $0.offset == (axis + 3) % 3 ? count : $0.element } }
    try expectAgreement(Concatenate(axis: axis), shapes.map { .floats(Shape($0)) })
    try expectAgreement(Concatenate(axis: axis), shapes.map { TensorType(.int64, Shape($0)) })
  }

  @Test func concatenatesOpenExtents() throws {
    let types: [TensorType] = [.floats([time, 2]), .floats([3, 2]), .floats([batch, 2])]
    #expect(try Concatenate(axis: 0).infer(types)[0].shape == [time + 3 + batch, 2])
    try expectAgreement(Concatenate(axis: 0), types, dims: ["T": 4, "B": 1])
    #expect(try result(Concatenate(axis: 1), [counting([2, 1]), counting([2, 2])]).floats == [0, 0, 1, 1, 2, 3])
  }

  @Test func refusesToJoinWhatDiffers() {
    for other in [TensorType.floats([2, 4]), TensorType(.int32, [2, 3]), .floats([2, 3, 1])] {
      #expect(throws: Diagnostic.self) { try Concatenate(axis: 0).infer([.floats([2, 3]), other]) }
    }
    #expect(throws: Diagnostic.self) { try Concatenate(axis: 0).infer([]) }
    #expect(throws: Diagnostic.self) { try Concatenate(axis: 2).infer([.floats([2, 3])]) }
  }

  @Test(arguments: [([2, 1, 3], [4, 3]), ([1], [2, 3, 5]), ([], [2, 2]), ([3, 1], [1, 4]), ([2], [2])] as [([Int], [Int])])
  func expands(from: [Int], to: [Int]) throws {
    try expectAgreement(Expand(Shape(to)), [.floats(Shape(from))])
  }

  @Test func expandsToOpenExtents() throws {
    try expectAgreement(Expand([batch, time, 3]), [.floats([time, 1])], dims: ["B": 2, "T": 5])
    #expect(throws: Diagnostic.self) { try Expand([2, -1]).infer([.floats([2, 1])]) }
    #expect(throws: Diagnostic.self) { try Expand([2]).infer([.floats([3])]) }
  }

  @Test(arguments: [[2, 3], [3], [2, 1, 2], []])
  func tiles(repeats: [Int]) throws {
    try expectAgreement(Tile(repeats), [.floats([2, 5])])
    try expectAgreement(Tile(repeats), [.floats([time, 5])], dims: ["T": 3])
  }

  @Test(arguments: [0, 1, -1, -3])
  func repeatsElements(axis: Int) throws {
    try expectAgreement(Repeat(3, axis: axis), [.floats([2, 3, 4])])
    try expectAgreement(Repeat(2, axis: axis), [.floats([batch, time, 4])], dims: ["B": 2, "T": 3])
  }

  @Test func tilesAndRepeatsWhatOneExpects() throws {
    #expect(try result(Tile([2]), [counting([3])]).floats == [0, 1, 2, 0, 1, 2])
    #expect(try result(Repeat(2, axis: 0), [counting([3])]).floats == [0, 0, 1, 1, 2, 2])
    #expect(throws: Diagnostic.self) { try Repeat(-1, axis: 0).infer([.floats([2])]) }
    #expect(throws: Diagnostic.self) { try Tile([-1]).infer([.floats([2])]) }
  }

  @Test(arguments: [[0], [1, -1], []])
  func reverses(axes: [Int]) throws {
    try expectAgreement(Reverse(axes), [.floats([2, 3, 4])])
    try expectAgreement(Reverse(axes), [.floats([time, 3, batch])], dims: ["T": 3, "B": 5])
    #expect(throws: Diagnostic.self) { try Reverse([0, -3]).infer([.floats([2, 3, 4])]) }
  }

  @Test(arguments: [([1], [0]), ([-1, 7], [1, -1]), ([5], [-2]), ([0], [0])])
  func rolls(shifts: [Int], axes: [Int]) throws {
    try expectAgreement(Roll(shifts, axes: axes), [.floats([2, 3, 4])])
    try expectAgreement(Roll(shifts, axes: axes), [.floats([time, batch, time])], dims: ["T": 2, "B": 3])
  }

  @Test func rollsWhatOneExpects() throws {
    #expect(try result(Roll([1], axes: [0]), [counting([4])]).floats == [3, 0, 1, 2])
    #expect(throws: Diagnostic.self) { try Roll([1], axes: []).infer([.floats([2])]) }
  }
}
