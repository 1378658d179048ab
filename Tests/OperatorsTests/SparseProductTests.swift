import GraphIR
import LoopIR
import Operators
import Schedules
import Targets
import Tensors
import TestSupport
import Testing

struct SparseCase: Sendable, CustomTestStringConvertible {
  var rows: [Int] = [1]
  var inner: Int
  var outputs: Int
  var fours: Int
  var lanes: Int
  var dtype = DType.float32

  var testDescription: String { "\(rows) rows of \(inner) to \(outputs), \(fours) times 4 steps a block of \(lanes) lanes" }
  var blocks: Int { outputs.ceilingDivision(by: lanes) }

  var types: [TensorType] {
    [
      TensorType(dtype, Shape(rows + [inner])), TensorType(dtype, [Dim(blocks * fours), 4, Dim(lanes)]),
      TensorType(.int32, [Dim(blocks * fours), Dim(lanes)]), TensorType(.uint16, [Dim(blocks * fours)]),
      TensorType(.int32, [Dim(blocks + 1)]),
    ]
  }

  /// Any bits are numbers of elements, and starts and bounds reach far beyond the last.
  func given(_ seed: UInt64) -> [Int: Tensor] {
    var generator = SeededGenerator(seed)
    let numbers = (0..<blocks * fours * lanes).map { _ in Int64(Int32.random(in: .min ... .max, using: &generator)) }
    let starts = (0..<blocks * fours).map { _ in Int64.random(in: 0...Int64(2 * inner), using: &generator) }
    let bounds = (0...blocks).map { Int64($0 * fours) + ($0 == 0 ? -1 : $0 == blocks ? 5 : Int64.random(in: -1...0, using: &generator)) }
    return [
      2: Tensor(.int32, [blocks * fours, lanes], integers: numbers), 3: Tensor(.uint16, [blocks * fours], integers: starts),
      4: Tensor(.int32, [blocks + 1], integers: bounds),
    ]
  }
}

@Suite struct SparseProductTests {
  static let cases: [SparseCase] = [
    SparseCase(inner: 2, outputs: 1, fours: 1, lanes: 1), SparseCase(inner: 9, outputs: 8, fours: 3, lanes: 4),
    SparseCase(rows: [3], inner: 33, outputs: 21, fours: 2, lanes: 16),
    SparseCase(rows: [2, 2], inner: 40, outputs: 16, fours: 5, lanes: 8),
    SparseCase(rows: [], inner: 64, outputs: 3, fours: 1, lanes: 32), SparseCase(inner: 7, outputs: 5, fours: 0, lanes: 2),
    SparseCase(inner: 16, outputs: 9, fours: 4, lanes: 4, dtype: .float64),
  ]

  @Test(arguments: cases) func lowersToItsMeaning(sample: SparseCase) throws {
    let op = SparseProduct(outputs: sample.outputs)
    for draw in Draw.allCases {
      for seed in UInt64(0)..<3 {
        #expect(try disagreement(op, sample.types, seed: seed, draw: draw, inputs: sample.given(seed)) < 2e-6, "\(seed), \(draw)")
      }
    }
  }

  @Test(arguments: cases.filter { $0.dtype == .float32 && $0.fours > 0 }, [Target.x86v3, .x86v4])
  func isScheduledWithoutAnotherMeaning(sample: SparseCase, target: Target) throws {
    let op = SparseProduct(outputs: sample.outputs)
    let node = try LoweredNode(op, sample.types)
    let scheduled = schedule(node.kernel, for: target)
    var generator = SeededGenerator(3)
    let inputs = sample.types.enumerated().map {
      sample.given(3)[$0.offset] ?? Tensor.random(.float32, $0.element.shape.constants ?? [], using: &generator)
    }
    #expect(try distance(node.run(inputs)[0], node.run(inputs, kernel: scheduled)[0]) < 2e-6)
    let usesRegisters = scheduled.body.contains { "\($0)".contains("\(2 * sample.lanes)") } && !scheduled.notes.isEmpty
    #expect(usesRegisters == (sample.lanes > 1))
  }

  @Test func readsAnInputWhoseElementsLieApart() throws {
    let sample = SparseCase(inner: 12, outputs: 4, fours: 2, lanes: 4)
    let op = SparseProduct(outputs: 4)
    let type = TensorType(.float32, [1, 12])
    let x = TensorView(Buffer("x", .float32, count: 24), type, strides: [24, 2])
    let views = sample.types.enumerated().map {
      TensorView(Buffer("v\($0.offset)", $0.element.dtype, count: $0.element.storageCount), $0.element)
    }
    let y = TensorView(Buffer("y", .float32, count: 4), TensorType(.float32, [1, 4]))
    let operands = Operands(inputs: [x] + views.dropFirst(), outputs: [y])
    let kernel = Kernel(
      "test", ([x] + views.dropFirst()).map { Parameter($0.buffer, isWritten: false) } + [Parameter(y.buffer, isWritten: true)],
      body: op.lower(operands))
    var generator = SeededGenerator(5)
    let (spread, values) = (Tensor.random(.float32, [24], using: &generator), Tensor.random(.float32, [2, 4, 4], using: &generator))
    let given = sample.given(1)
    let tables = [try #require(given[2]), try #require(given[3]), try #require(given[4])]
    let result = Memory(.float32, count: 4)
    try KernelInterpreter.run(kernel, (([spread, values] + tables).map { Memory($0) } + [result]).map { (memory: $0, offset: 0) })
    let picked = Tensor(.float32, [1, 12], (0..<12).map { spread.doubles[2 * $0] })
    #expect(try distance(result.tensor([1, 4]), op.evaluate([picked, values] + tables)[0]) < 2e-6)
  }

  @Test func refusesWhatDoesNotFit() throws {
    let sample = SparseCase(inner: 32, outputs: 20, fours: 2, lanes: 16)
    #expect(try SparseProduct(outputs: 20).infer(sample.types) == [TensorType(.float32, [1, 20])])
    for outputs in [0, 16, 33, .max] { #expect(throws: Diagnostic.self) { try SparseProduct(outputs: outputs).infer(sample.types) } }
    let others: [(Int, TensorType)] = [
      (0, TensorType(.float32, [1, 31])), (0, TensorType(.float64, [1, 32])), (1, TensorType(.float32, [4, 3, 16])),
      (1, TensorType(.float32, [4, 4, 12])), (2, TensorType(.int64, [4, 16])), (2, TensorType(.int32, [2, 16])),
      (3, TensorType(.uint16, [2])), (3, TensorType(.uint8, [4])), (4, TensorType(.int32, [4])), (4, TensorType(.int64, [3])),
    ]
    for (position, type) in others {
      var types = sample.types
      types[position] = type
      #expect(throws: Diagnostic.self) { try SparseProduct(outputs: 20).infer(types) }
    }
  }
}
