import GraphIR
import LoopIR
import Operators
import Schedules
import Targets
import Tensors
import TestSupport
import Testing

struct SparseDotsCase: Sendable, CustomTestStringConvertible {
  var rows: [Int] = [1]
  var inner: Int
  var outputs: Int
  var pairs: Int
  var lanes: Int

  var testDescription: String { "\(rows) rows of \(inner) to \(outputs), \(pairs) pairs a block of \(lanes) lanes" }
  var blocks: Int { outputs.ceilingDivision(by: lanes) }

  var types: [TensorType] {
    let count = Dim(blocks * pairs)
    return [
      TensorType(.uint8, Shape(rows + [inner])), TensorType(.int8, [count, 2, Dim(4 * lanes)]),
      TensorType(.uint8, [count, Dim(4 * lanes)]),
      TensorType(.uint16, [count, 2]), TensorType(.int32, [Dim(blocks + 1)]),
    ]
  }

  /// Starts and bounds that reach beyond the last.
  func given(_ seed: UInt64) -> [Int: Tensor] {
    var generator = SeededGenerator(seed)
    let starts = (0..<2 * blocks * pairs).map { _ in Int64.random(in: 0...Int64(2 * inner), using: &generator) }
    let bounds = (0...blocks).map { Int64($0 * pairs) + ($0 == 0 ? -1 : $0 == blocks ? 5 : Int64.random(in: -1...0, using: &generator)) }
    return [3: Tensor(.uint16, [blocks * pairs, 2], integers: starts), 4: Tensor(.int32, [blocks + 1], integers: bounds)]
  }
}

@Suite struct SparseDotsTests {
  static let cases: [SparseDotsCase] = [
    SparseDotsCase(inner: 16, outputs: 1, pairs: 1, lanes: 1), SparseDotsCase(inner: 33, outputs: 8, pairs: 3, lanes: 4),
    SparseDotsCase(rows: [3], inner: 33, outputs: 21, pairs: 2, lanes: 16),
    SparseDotsCase(rows: [2, 2], inner: 40, outputs: 16, pairs: 5, lanes: 8),
    SparseDotsCase(rows: [], inner: 64, outputs: 3, pairs: 1, lanes: 32),
  ]

  @Test(arguments: cases) func lowersToItsMeaning(sample: SparseDotsCase) throws {
    for draw in Draw.allCases {
      for seed in UInt64(0)..<3 {
        let given = sample.given(seed)
        #expect(try disagreement(SparseDots(outputs: sample.outputs), sample.types, seed: seed, draw: draw, inputs: given) == 0, "\(draw)")
      }
    }
  }

  @Test(arguments: cases, [Target.x86v3, .x86v4]) func isScheduledWithoutAnotherMeaning(sample: SparseDotsCase, target: Target) throws {
    let node = try LoweredNode(SparseDots(outputs: sample.outputs), sample.types)
    let scheduled = schedule(node.kernel, for: target)
    var generator = SeededGenerator(3)
    let inputs = sample.types.enumerated().map {
      sample.given(3)[$0.offset] ?? Tensor.random($0.element.dtype, $0.element.shape.constants ?? [], using: &generator)
    }
    #expect(try node.run(inputs)[0] == node.run(inputs, kernel: scheduled)[0])
    #expect(sample.lanes == 1 || sample.lanes == 32 || !scheduled.notes.isEmpty)
  }

  @Test func refusesWhatDoesNotFit() throws {
    let sample = SparseDotsCase(inner: 32, outputs: 20, pairs: 2, lanes: 16)
    #expect(try SparseDots(outputs: 20).infer(sample.types) == [TensorType(.int32, [1, 20])])
    for outputs in [0, 16, 33, .max] { #expect(throws: Diagnostic.self) { try SparseDots(outputs: outputs).infer(sample.types) } }
    let others: [(Int, TensorType)] = [
      (0, TensorType(.uint8, [1, 15])), (0, TensorType(.int8, [1, 32])), (1, TensorType(.int8, [4, 3, 64])),
      (1, TensorType(.int8, [4, 2, 48])), (1, TensorType(.uint8, [4, 2, 64])), (2, TensorType(.int8, [4, 64])),
      (3, TensorType(.uint16, [4])),
      (4, TensorType(.int32, [4])), (4, TensorType(.int64, [3])),
    ]
    for (position, type) in others {
      var types = sample.types
      types[position] = type
      #expect(throws: Diagnostic.self) { try SparseDots(outputs: 20).infer(types) }
    }
  }
}
