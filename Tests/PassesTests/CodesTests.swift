import GraphIR
import LoopIR
import Operators
import Tensors
import TestSupport
import Testing

@testable import Passes

/// A network as quantisers leave it, between values that are quantised and dequantised.
private struct QuantisedSketch {
  var sketch = Sketch()
  var dtype = DType.uint8
  private var generator = SeededGenerator(7)

  init(_ dtype: DType = .uint8) { self.dtype = dtype }

  /// The value rounded to codes.
  mutating func rounded(_ name: String, _ x: ValueID, _ scale: Double, _ zero: Int) throws -> ValueID {
    let step = sketch.graph.addConstant("\(name).scale", Tensor(.float32, [], [scale]))
    let offset = sketch.graph.addConstant("\(name).zero", Tensor(dtype, [], [Double(zero)]))
    let encode = Map.quantising(.float32, by: .float32, to: dtype, hasZeroPoint: true)
    let code = try sketch.add("\(name).code", encode, x, step, offset)
    return try sketch.add(name, Map.dequantising(dtype, by: .float32, to: .float32, hasZeroPoint: true), code, step, offset)
  }

  /// Whole numbers times a step for each index of the last axis.
  mutating func weights(_ name: String, _ dims: [Int], _ steps: [Double], within range: ClosedRange<Int64> = -127...127) -> ValueID {
    let numbers = (0..<dims.reduce(1, *)).map { flat in
      Float(Int64.random(in: range, using: &generator)) * Float(steps[flat % dims[dims.count - 1] % steps.count])
    }
    return sketch.graph.addConstant(name, Tensor(floats: numbers, dims))
  }

  func inputs(_ seed: UInt64) -> [Tensor] {
    var generator = SeededGenerator(seed)
    return sketch.graph.inputs.map { id in
      Tensor.random(sketch.graph.type(id).dtype, sketch.graph.type(id).shape.constants ?? [], .small, using: &generator)
    }
  }
}

private let onCodes = Pipeline([
  .foldConstants, .inlineLiterals, .simplifyBodies, .fuseEpilogues, .fuseMaps, .fuseEpilogues, .removeDeadNodes, .computeOnCodes,
  .fuseEpilogues, .fuseMaps, .fuseEpilogues, .simplifyBodies, .removeDeadNodes,
])

/// The codes of the results agree with those of the model, but for `ties` elements which may be one step off; as many nodes give codes.
private func expectCodes(_ sketch: QuantisedSketch, step: Double, ties: Int = 0, integers: Int) throws {
  var graph = sketch.sketch.graph
  try onCodes.run(on: &graph)
  #expect(graph.nodes.filter { graph.type($0.outputs[0]).dtype == .uint8 }.count == integers, "\(graph)")
  for seed in UInt64(0)..<4 {
    let inputs = sketch.inputs(seed)
    let expected = try Interpreter(sketch.sketch.graph, precision: .typed).outputs(inputs)
    let actual = try Interpreter(graph, precision: .typed).outputs(inputs)
    for (a, b) in zip(expected, actual) {
      let errors = zip(a.doubles, b.doubles).map { abs($0 - $1) }
      let isClose = errors.count { $0 > 1e-6 * step } <= ties && errors.allSatisfy { $0 < 1.001 * step }
      #expect(isClose, "seed \(seed): \(errors.max() ?? 0)\n\(graph)")
    }
  }
}

struct CodesTests {
  /// Where all scales are powers of two the model's own floats are exact, and so must the integers be.
  @Test(arguments: [DType.uint8, .int8])
  func layersWithExactScalesGiveTheSameBits(dtype: DType) throws {
    var model = QuantisedSketch(dtype)
    let x = model.sketch.input("x", [1, 9, 9, 5])
    let shift = dtype == .int8 ? -128 : 0
    let first = try model.rounded("first", x, 0.03125, 131 + shift)
    let bias = model.sketch.graph.addConstant("b", Tensor(.float32, [6], (0..<6).map { Double($0 * 100 - 250) * 0x1p-11 }))
    let window = SlidingWindow(strides: [2, 2], padsBefore: [1, 0], padsAfter: [1, 2])
    let conv = try model.sketch.add("conv", Convolution(window), first, model.weights("w", [3, 3, 5, 6], [0x1p-6]), bias)
    let active = try model.rounded("active", try model.sketch.map("relu", relu, conv), 0.25, 3 + shift)
    let pooled = try model.sketch.add("pool", Pool(.max, size: [2, 2]), active)
    let same = try model.rounded("same", pooled, 0.25, 3 + shift)
    let deep = try model.sketch.add("deep", DepthwiseConvolution(SlidingWindow()), same, model.weights("d", [2, 2, 6, 1], [0x1p-7]))
    let last = try model.rounded("last", deep, 0.5, 128 + shift)
    model.sketch.output(try model.sketch.add("mean", Pool(.average, size: [1, 1]), last))
    // The input, its padding, the convolution, the pool, and the convolution by channels; the average gives floats.
    try expectCodes(model, step: 0.5, integers: 5)
  }

  @Test func residualsAndConcatenationsMoveCodes() throws {
    var model = QuantisedSketch()
    let x = model.sketch.input("x", [1, 6, 6, 4])
    let first = try model.rounded("first", x, 0.021, 120)
    let steps = [0.011, 0.0023, 0.005, 0.0171]
    let conv = try model.sketch.add("conv", Convolution(), first, model.weights("w", [1, 1, 4, 4], steps))
    let branch = try model.rounded("branch", conv, 0.05, 99)
    let sum = try model.rounded("sum", try model.sketch.map("add", .binary(.add, x0, x1), branch, first), 0.06, 101)
    let joined = try model.sketch.add("joined", Concatenate(axis: 3), sum, first)
    let both = try model.rounded("both", joined, 0.055, 111)
    let dense = try model.sketch.add("dense", Convolution(), both, model.weights("v", [1, 1, 8, 3], [0.01, 0.003, 0.007]))
    model.sketch.output(try model.rounded("result", dense, 0.09, 128))
    // The input, the convolution with all behind it, the input in the steps of the concatenation, and that.
    try expectCodes(model, step: 0.09, ties: 1, integers: 4)
  }

  @Test func aBiasThatIsNoWholeNumberOfStepsStaysAFloat() throws {
    var model = QuantisedSketch()
    let first = try model.rounded("first", model.sketch.input("x", [3, 40]), 0.02, 7)
    let product = try model.sketch.add("product", MatMul(), first, model.weights("w", [40, 9], [0.01, 0.02, 0.004]))
    let bias = model.sketch.graph.addConstant("b", Tensor(.float32, [9], (0..<9).map { Double($0) * 0.123456 }))
    let biased = try model.sketch.map("biased", .binary(.add, x0, x1), product, bias)
    model.sketch.output(try model.rounded("result", biased, 0.05, 100))
    try expectCodes(model, step: 0.05, ties: 1, integers: 1)
  }

  /// int8 does not hold what weights of uint8 are less their zero point, and products of no whole numbers are floats.
  @Test(arguments: [true, false])
  func layersWithOtherWeightsStayFloat(isWide: Bool) throws {
    var model = QuantisedSketch()
    let first = try model.rounded("first", model.sketch.input("x", [3, 40]), 0.02, 7)
    let weights =
      isWide
      ? model.weights("w", [40, 9], [0.01], within: 0...255)
      : model.sketch.graph.addConstant("w", Tensor(.float32, [40, 9], (0..<360).map { Double($0) * 0.01001 }))
    model.sketch.output(try model.rounded("result", try model.sketch.add("product", MatMul(), first, weights), 0.5, 0))
    try expectCodes(model, step: 0.5, integers: 0)
  }

  @Test func productsOfIntegersLessTheirZeroPointReadTheIntegers() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [2, 7, 7, 4], .uint8)
    let zero = Expr.int(77, .int16)
    let less = try sketch.map("less", .binary(.subtract, .cast(.int16, ElementwiseBody.input(0, .uint8)), zero), x)
    let weights = sketch.graph.addConstant("w", Tensor(.int8, [3, 3, 4, 5], integers: (0..<180).map { Int64($0 * 37 % 256) - 128 }))
    let window = SlidingWindow(padsBefore: [1, 1], padsAfter: [1, 1])
    sketch.output(try sketch.add("conv", Convolution(window, widens: true), less, weights))
    var graph = sketch.graph
    try onCodes.run(on: &graph)
    #expect(!graph.nodes.contains { graph.type($0.outputs[0]).dtype == .int16 }, "\(graph)")
    var generator = SeededGenerator(3)
    let input = Tensor.random(.uint8, [2, 7, 7, 4], .hard, using: &generator)
    #expect(try Interpreter(sketch.graph).outputs([input]) == Interpreter(graph).outputs([input]))
  }

  /// The sum goes into the epilogue as it stood: to where the sum with an odd zero point is even.
  @Test(arguments: [0.5, 0.0311])
  func requantisingInFloatsComesToTheSame(factor: Double) throws {
    var sketch = Sketch()
    let x = sketch.input("x", [5, 8], .uint8)
    let weights = sketch.graph.addConstant("w", Tensor(.int8, [8, 6], integers: (0..<48).map { Int64($0 % 5) - 2 }))
    let sums = try sketch.add("sums", MatMul(widens: true), x, weights)
    let step = sketch.graph.addConstant("factor", Tensor(.float32, [], [factor]))
    let zero = sketch.graph.addConstant("zero", Tensor(.uint8, [], [101]))
    let requantise = Map.requantising(by: .float32, to: .uint8, hasZeroPoint: true)
    sketch.output(try sketch.add("result", requantise, sums, step, zero))
    var graph = sketch.graph
    try onCodes.run(on: &graph)
    #expect(!"\(graph)".contains("float64"), "\(graph)")
    var generator = SeededGenerator(3)
    let input = Tensor.random(.uint8, [5, 8], .hard, using: &generator)
    #expect(try Interpreter(sketch.graph).outputs([input]) == Interpreter(graph, precision: .typed).outputs([input]))
  }
}

struct ExactWeightsTests {
  @Test func stepsAreFoundAgain() throws {
    let steps: [Float] = [0.001, 3.7e-5, 12.5]
    let integers = (0..<30).map { $0 == 0 ? -128 : $0 * 53 % 255 - 127 }
    let weights = Tensor(floats: integers.enumerated().map { Float($1) * steps[$0 % 3] }, [10, 3])
    let found = try #require(IntegerWeights(exactly: weights, channels: 3) { $0 % 3 })
    #expect(
      zip(found.tensor.integers, weights.doubles).enumerated().allSatisfy { place, pair in
        Double(Float(pair.0) * Float(found.steps[place % 3])) == pair.1
      })
  }

  @Test func oneUlpOffIsNoMultiple() {
    var numbers = (0..<30).map { Float($0 - 15) * 0.001 }
    numbers[3] = numbers[3].nextUp
    #expect(IntegerWeights(exactly: Tensor(floats: numbers, [30, 1]), channels: 1) { _ in 0 } == nil)
  }
}
