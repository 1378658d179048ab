import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

@Suite struct SliceTests {
  private static let ends = [Int.min, -9, -8, -7, -2, -1, 0, 1, 3, 6, 7, 8, .max]

  /// What Python takes of `0..<count`; as ONNX, omitted ends are far numbers.
  private func expected(_ start: Int, _ end: Int, _ step: Int, _ count: Int) -> [Int] {
    func counted(_ value: Int) -> Int { value < 0 ? value + count : value }
    var taken: [Int] = []
    if step > 0 {
      for position in Swift.max(0, counted(start))..<Swift.max(count, counted(start)) where position < Swift.min(count, counted(end)) {
        if (position - Swift.max(0, counted(start))).isMultiple(of: step) { taken.append(position) }
      }
    } else {
      var position = Swift.min(count - 1, counted(start))
      while position > counted(end), position >= 0 {
        taken.append(position)
        position += step
      }
    }
    return taken
  }

  @Test(arguments: [1, 2, 3, 9, -1, -2, -3, -9])
  func takesWhatPythonTakes(step: Int) throws {
    for start in Self.ends.dropFirst() {
      for end in Self.ends where start < 100 || step < 0 {
        let op = Slice(starts: [start == .max ? 100 : start], ends: [end], steps: [step])
        let positions = expected(start == .max ? 100 : start, end == .max ? 100 : end == .min ? -100 : end, step, 7)
        #expect(try result(op, [counting([7])]).floats == positions.map { Float($0) }, "\(start):\(end):\(step)")
        #expect(try disagreement(op, [.floats([7])], seed: 0) == 0)
      }
    }
  }

  @Test func slicesNamedAxes() throws {
    try expectAgreement(Slice(starts: [1, -2], ends: [3, .max], axes: [-1, 0]), [.floats([4, 2, 5])])
    try expectAgreement(Slice(starts: [-1, 0], ends: [.min, 5], axes: [0, 2], steps: [-1, 2]), [TensorType(.int16, [4, 2, 5])])
  }

  @Test(arguments: [(1, Int.max, 1), (-1, .max, 1), (0, 1, 1), (0, -1, 1), (1, -2, 2), (-1, .min, -1), (-2, 0, -2), (0, .max, 3)])
  func slicesOpenAxes(start: Int, end: Int, step: Int) throws {
    let op = Slice(starts: [start], ends: [end], axes: [1], steps: [step])
    for extent in [5, 8, 9] { try expectAgreement(op, [.floats([2, time, 3])], dims: ["T": extent]) }
  }

  @Test func slicesAnOpenAxisThatIsLongEnough() throws {
    try expectAgreement(Slice(starts: [0, -3], ends: [4, -1], axes: [0, 1]), [.floats([time + 3, time + 2])], dims: ["T": 1])
  }

  @Test(arguments: [(0, 5, 1), (-3, .max, 1), (-3, 2, 1), (2, -2, -1), (4, .min, -1)])
  func refusesWhatAnOpenExtentLeavesUnsettled(start: Int, end: Int, step: Int) {
    #expect(throws: Diagnostic.self) { try Slice(starts: [start], ends: [end], steps: [step]).infer([.floats([time])]) }
  }

  @Test func refusesNonsense() {
    for op in [
      Slice(starts: [0], ends: []), Slice(starts: [0], ends: [1], steps: [0]), Slice(starts: [0, 0], ends: [1, 1], axes: [0, -2]),
      Slice(starts: [0], ends: [1], axes: [2]), Slice(starts: [0], ends: [1], steps: [.min]),
    ] { #expect(throws: Diagnostic.self) { try op.infer([.floats([3, 3])]) } }
  }

  @Test func namesTheWindowThatItIs() throws {
    let window = Slice(starts: [1, -3], ends: [.max, .max], axes: [1, 2], steps: [2, 1]).aliasing([.floats([2, 5, 4])], [])
    #expect(window == .view([ViewAxis(0), ViewAxis(1, from: 1, step: 2), ViewAxis(2, from: 1)]))
    #expect(Slice(starts: [-1], ends: [.min], steps: [-1]).aliasing([.floats([4])], []) == .none)
  }
}
