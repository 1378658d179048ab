import GraphIR
import LoopIR
import Operators
import Tensors
import Testing

@testable import Passes

/// The plan that min-max calibration on `runs` makes of a graph.
private func plan(_ graph: Graph, _ runs: [[Tensor]], isShort: Bool = false) throws -> QuantisationPlan {
  var samples: [ValueID: ValueSample] = [:]
  for inputs in runs {
    let values = try Interpreter(graph).run(inputs)
    for id in graph.measuredValues {
      guard let tensor = values[id] else { continue }
      samples[id, default: ValueSample(perTensor: 1000)].add(tensor)
    }
  }
  return QuantisationPlan(graph, samples, by: .minmax, isShort: isShort)
}

/// The share of the signal that stays, in decibels.
private func signalToNoise(_ expected: Tensor, _ actual: Tensor) -> Double {
  let signal = expected.doubles.reduce(0) { $0 + $1 * $1 }
  let noise = zip(expected.doubles, actual.doubles).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  return 10 * (signal / max(noise, 1e-30)).logarithm10
}

extension Double {
  fileprivate var logarithm10: Double { UnaryFunction.table[.log10]?.double(self) ?? .nan }
}

struct QuantisationTests {
  private func random(_ dims: [Int], _ seed: UInt64) -> Tensor {
    var generator = SeededGenerator(seed)
    return Tensor.random(.float32, dims, .small, using: &generator)
  }

  /// The graph on integers is close to the one on floats, and its layers are integers: `integers` values have eight bits, or `shorts` have
  /// 16, where less is lost and still nothing overflows.
  private func expectClose(_ graph: Graph, decibels: Double, integers: Int, shorts: Int) throws {
    try expectClose(graph, decibels: decibels, .uint8, integers)
    try expectClose(graph, decibels: decibels + 3, .int16, shorts)
  }

  private func expectClose(_ graph: Graph, decibels: Double, _ dtype: DType, _ count: Int) throws {
    let runs = (0..<4).map { run in
      graph.inputs.map { id in random(graph.type(id).shape.constants ?? [], UInt64(run)) }
    }
    var quantised = graph
    try GraphPass.quantise(try plan(graph, runs, isShort: dtype == .int16)).run(on: &quantised)
    for pass in [GraphPass.fuseEpilogues, .fuseMaps, .fuseEpilogues, .removeDeadNodes] { try pass.run(on: &quantised) }
    for inputs in runs {
      let (expected, actual) = (try Interpreter(graph).outputs(inputs), try Interpreter(quantised).outputs(inputs))
      for (a, b) in zip(expected, actual) { #expect(signalToNoise(a, b) > decibels, "\(signalToNoise(a, b))\n\(quantised)") }
    }
    #expect(quantised.nodes.filter { quantised.type($0.outputs[0]).dtype == dtype }.count == count, "\(quantised)")
    let layers = quantised.nodes.filter(\.isLayer)
    #expect(layers.allSatisfy { quantised.sumBounds(of: $0).map { $0.upperBound < 1 << 30 && $0.lowerBound > -1 << 30 } ?? false })
  }

  @Test func layersBetweenInputAndOutputComputeOnIntegers() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [1, 9, 9, 3])
    let weights = sketch.graph.addConstant("w", random([3, 3, 3, 8], 100))
    let bias = sketch.graph.addConstant("b", random([8], 101))
    let window = SlidingWindow(strides: [2, 2], padsBefore: [1, 1], padsAfter: [1, 1])
    let conv = try sketch.add("conv", Convolution(window), x, weights, bias)
    let active = try sketch.map("relu", relu, conv)
    let pooled = try sketch.add("pool", Pool(.max, size: [2, 2]), active)
    let flat = try sketch.add("flat", Reshape([1, 128]), pooled)
    let dense = sketch.graph.addConstant("d", random([128, 5], 102))
    sketch.output(try sketch.add("dense", MatMul(), flat, dense))
    var graph = sketch.graph
    try GraphPass.fuseEpilogues.run(on: &graph)
    // The codes of the input, their padding, the convolution, the pool and its other shape; the last layer gives floats at once.
    try expectClose(graph, decibels: 25, integers: 5, shorts: 5)
  }

  /// The first axis of a pool's counts is shorter at the edges, where padding does not count.
  @Test func averagesAreRounded() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [1, 7, 7, 4])
    let weights = sketch.graph.addConstant("w", random([1, 1, 4, 6], 100))
    let conv = try sketch.add("conv", Convolution(), x, weights)
    let window = SlidingWindow(padsBefore: [1, 1], padsAfter: [1, 1])
    let pool = try sketch.add("pool", Pool(.average, size: [3, 3], window), conv)
    let mean = try sketch.add("mean", Reduce(.mean, axes: [1, 2]), pool)
    let dense = sketch.graph.addConstant("d", random([6, 3], 101))
    sketch.output(try sketch.add("dense", MatMul(), mean, dense))
    try expectClose(sketch.graph, decibels: 20, integers: 4, shorts: 4)
  }

  /// A convolution with SiLU, whose result a sigmoid of another value gates.
  @Test func functionsOfOneValueAreTables() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [1, 5, 5, 4])
    let weights = sketch.graph.addConstant("w", random([3, 3, 4, 6], 100))
    let conv = try sketch.add("conv", Convolution(), x, weights)
    let bias = sketch.graph.addConstant("b", random([6], 103))
    let biased = try sketch.map("biased", x0 + x1, conv, bias)
    let silu = try sketch.map("silu", x0 * .unary(.sigmoid, x0), biased)
    let gate = try sketch.add("gate", Convolution(), silu, sketch.graph.addConstant("g", random([1, 1, 6, 6], 101)))
    let gated = try sketch.map("gated", x1 * .unary(.sigmoid, x0), gate, silu)
    sketch.output(try sketch.add("last", Convolution(), gated, sketch.graph.addConstant("l", random([1, 1, 6, 2], 102))))
    var graph = sketch.graph
    for pass in [GraphPass.fuseEpilogues, .fuseMaps, .partBodies] { try pass.run(on: &graph) }
    // The input, two sums, and two tables, behind one of which stands the gated product. Of 16 bits there are no tables.
    try expectClose(graph, decibels: 20, integers: 5, shorts: 3)
  }

  @Test func everyPartOfAGroupSeesItsOwnZero() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [2, 6, 5, 4])
    let depthwise = sketch.graph.addConstant("w", random([3, 2, 4, 2], 100))
    let window = SlidingWindow(padsBefore: [1, 0], padsAfter: [1, 1])
    let first = try sketch.add("depthwise", DepthwiseConvolution(window), x, depthwise)
    let grouped = sketch.graph.addConstant("g", random([1, 1, 4, 6], 101))
    let second = try sketch.add("grouped", Convolution(groups: 2), first, grouped)
    sketch.output(second)
    try expectClose(sketch.graph, decibels: 25, integers: 3, shorts: 3)
  }
}

struct ShortCodeTests {
  /// Weights that are all equal leave the least room: 127 for each of `count` inputs.
  @Test(arguments: [1, 258, 259, 4608, 1_000_000]) func codesReachAsFarAsSumsLeaveRoom(count: Int) throws {
    var sketch = Sketch()
    let x = sketch.input("x", [1, count])
    let w = sketch.graph.addConstant("w", Tensor(.float32, [count, 1], [Double](repeating: 0.5, count: count)))
    sketch.output(try sketch.add("y", MatMul(), x, w))
    var graph = sketch.graph
    let input = Tensor(.float32, [1, count], (0..<count).map { $0 % 2 == 0 ? 1 : -0.5 })
    let plan = try plan(graph, [[input]], isShort: true)
    let code = try #require(plan.codes["x"])
    #expect(code.limits.upperBound == min(32_767, ((1 << 30) - 1) / (127 * count)) && code.range.upperBound >= 1.2)
    try GraphPass.quantise(plan).run(on: &graph)
    let layer = try #require(graph.nodes.last)
    let bounds = try #require(graph.sumBounds(of: layer))
    #expect(bounds.upperBound == Int64(127 * count * code.limits.upperBound) && bounds.upperBound < 1 << 30)
  }

  /// What is handed on beside a value counts as much as what calibration saw of it.
  @Test func constantsWidenCodes() throws {
    var sketch = Sketch()
    let x = sketch.input("x", [1, 4])
    let constant = sketch.graph.addConstant("c", Tensor(.float32, [1, 2], [-30, 2]))
    let joined = try sketch.add("joined", Concatenate(axis: 1), x, constant)
    let w = sketch.graph.addConstant("w", Tensor(.float32, [6, 1], [1, 1, 1, 1, 1, 1]))
    sketch.output(try sketch.add("y", MatMul(), joined, w))
    let codes = try plan(sketch.graph, [[Tensor(floats: [1, 2, 3, 4], [1, 4])]], isShort: true).codes
    #expect(codes["x"]?.range.lowerBound ?? 0 <= -30 && codes["x"] == codes["c"] && codes["x"]?.dtype == .int16)
  }
}

struct AttentionCodeTests {
  /// Queries of `count` rows by two heads of five channels, scaled, times keys; softmax; times values; normalised.
  private func attention(_ count: Dim) throws -> Graph {
    var sketch = Sketch()
    let x = sketch.input("x", shape: [2, count, 5])
    let weights = (0..<4).map { sketch.graph.addConstant("w\($0)", random([5, 5], UInt64($0))) }
    let (q, k) = (try sketch.add("q", MatMul(), x, weights[0]), try sketch.add("k", MatMul(), x, weights[1]))
    let scaled = try sketch.map("scaled", x0 * .constant(0.447, .float32), q)
    let scores = try sketch.add("scores", MatMul(transposeB: true), scaled, k)
    let shares = try sketch.add("shares", Softmax(axis: -1), scores)
    let attended = try sketch.add("attended", MatMul(), shares, try sketch.add("v", MatMul(), x, weights[2]))
    let normal = try sketch.add("normal", Normalise(axes: [-1], epsilon: 1e-3), attended)
    sketch.output(try sketch.add("y", MatMul(), normal, weights[3]))
    return sketch.graph
  }

  private func random(_ dims: [Int], _ seed: UInt64) -> Tensor {
    var generator = SeededGenerator(seed)
    return Tensor.random(.float32, dims, .small, using: &generator)
  }

  @Test func whatRowFunctionsReadIsWideAndMultiplesShareCodes() throws {
    let graph = try attention(6)
    let codes = try plan(graph, (0..<3).map { [random([2, 6, 5], $0)] }).codes
    let wide = codes.filter(\.value.isWide).keys.sorted()
    #expect(wide == ["attended", "scores"])
    let (query, scaled) = (try #require(codes["q"]), try #require(codes["scaled"]))
    #expect(scaled.zero == query.zero && abs(scaled.scale / query.scale - 0.447) < 1e-6)
    let scores = try #require(codes["scores"])
    #expect(scores.octaves.significand == 1 && scores.asFactor.dtype == .uint8 && scores.limits == -32_767...32_767)
    // The sums of five squares have to fit.
    #expect(codes["attended"]?.limits.upperBound == IntegerNormalise.reach(5))
  }

  /// What is masked comes to lie so far below that its exponential vanishes.
  @Test(arguments: [Float(-1e9), -.infinity]) func masksStayMasks(mask: Float) throws {
    let graph = try attention(6)
    var samples: [ValueID: ValueSample] = [:]
    for id in graph.measuredValues {
      samples[id, default: ValueSample(perTensor: 10)].add(Tensor(floats: graph[id].name == "scores" ? [-1, mask, 2] : [-1, 0.5, 2], [3]))
    }
    let code = try #require(QuantisationPlan(graph, samples, by: .minmax).codes["scores"])
    #expect((20...50).contains(code.range.upperBound) && code.code(-1e30) == code.limits.lowerBound, "\(code)")
  }

  @Test func nothingIsFloatBetweenInputAndOutput() throws {
    var graph = try attention(6)
    let plan = try plan(graph, (0..<3).map { [random([2, 6, 5], $0)] })
    #expect(graph.reasonsForFloat(plan) == [:])
    try GraphPass.quantise(plan).run(on: &graph)
    for pass in [GraphPass.fuseEpilogues, .fuseMaps, .fuseEpilogues, .removeDeadNodes] { try pass.run(on: &graph) }
    #expect(graph.nodes.filter { graph.type($0.outputs[0]).dtype == .float32 }.map(\.name) == ["y"], "\(graph)")
  }

  @Test func rowsOfOpenLengthStayFloatAndAreNamed() throws {
    var graph = try attention(.symbol("T"))
    graph.dims["T"] = 1...9
    var samples: [ValueID: ValueSample] = [:]
    for id in graph.measuredValues { samples[id, default: ValueSample(perTensor: 10)].add(Tensor(floats: [-1, 0.5, 2], [3])) }
    let reasons = graph.reasonsForFloat(QuantisationPlan(graph, samples, by: .minmax))
    #expect(reasons["shares"]?.contains("rows are open") == true, "\(reasons)")
    #expect(reasons["attended"]?.contains("too much is summed") == true, "\(reasons)")
  }
}

struct RangeMethodTests {
  private func sample(_ elements: [Float]) -> ValueSample {
    var sample = ValueSample(perTensor: 10_000)
    sample.add(Tensor(floats: elements, [elements.count]))
    return sample
  }

  @Test(arguments: RangeMethod.allCases)
  func rangesHoldWhatThereIsAndNoMore(method: RangeMethod) {
    var generator = SeededGenerator(7)
    let elements = (0..<5000).map { _ in Float.random(in: -1...3, using: &generator) }
    let range = method.range(of: sample(elements))
    #expect(range.lowerBound >= -1 && range.lowerBound < -0.6, "\(range)")
    #expect(range.upperBound <= 3 && range.upperBound > 2.5, "\(range)")
    #expect(method.range(of: sample([0.5])) == 0.5...0.5)
    #expect(method.range(of: sample([])) == 0...0)
    #expect(method.range(of: sample([.nan, .infinity, 1])) == 1...1)
  }

  @Test func aSingleOutlierIsGivenUp() {
    var generator = SeededGenerator(8)
    let elements = (0..<20_000).map { _ in Float.random(in: 0...1, using: &generator) } + [40]
    #expect(RangeMethod.minmax.range(of: sample(elements)).upperBound == 40)
    #expect(RangeMethod.percentile.range(of: sample(elements)).upperBound < 1.01)
    #expect(RangeMethod.entropy.range(of: sample(elements)).upperBound < 40)
  }

  @Test func codesOfAnyRangeAreCodes() {
    for range in [0.0...0.0, -1e-40...1e-40, -3e38...3e38, 5.0...6.0, -7.0 ... -6.0] {
      let code = AffineCode(range)
      #expect(code.scale > 0 && (0...255).contains(code.zero) && code.real(code.zero) == 0, "\(range): \(code)")
      #expect((0...255).contains(code.code(1e300)) && (0...255).contains(code.code(.nan)))
    }
  }
}

/// Bodies over a sum of 4 channels and a code, with constants for channels.
private let bodies: [(name: String, body: Expr)] = [
  ("the sum alone", x0),
  ("ReLU", relu),
  ("ReLU6 of a scaled sum", minimum(maximum(x0 * x2 + x2, .constant(0, .float32)), .constant(6, .float32))),
  ("a residual", maximum(x0 + x1, .constant(0, .float32))),
  ("a residual behind ReLU", relu + x1),
  ("leaky ReLU", .select(x0 .< .constant(0, .float32), .constant(0.2, .float32) * x0, x0)),
  ("a scaled difference", x2 * (x1 - x0) / .constant(3, .float32)),
  ("a magnitude", .unary(.abs, x0 + x1)),
  ("the square of a code", x1 * x1 - x0),
]

struct IntegerBodyTests {
  /// Every code is the nearest to the real result, or a neighbour of it where steps of constants are coarse.
  @Test(arguments: bodies.indices, [3e-3, 0.05, 0.7, 40])
  func isTheRealBodyRounded(index: Int, resultScale: Double) throws {
    let body = bodies[index].body
    let steps = Numbers([4], [1e-3, 2.5e-4, 4e-3, 7e-5])
    let offset = Numbers([4], [0.5, -3, 0, 1e-3])
    let channels = Tensor(floats: [0.5, 2, -1, 0.25], [4])
    let (code, result) = (AffineCode(scale: 0.0517, zero: 90), AffineCode(scale: resultScale, zero: 30))
    let operands: [String: IntegerOperand] = [
      "x0": .sum(step: steps, offset: offset, bounds: -400_000...400_000), "x1": .code(code), "x2": .constant(Numbers(channels)),
    ]
    let made = try #require(IntegerBody(body, operands, result: result), "\(bodies[index].name)")
    var generator = SeededGenerator(UInt64(index))
    let sums = (0..<400).map { Int64($0 < 8 ? ($0 % 2 == 0 ? -400_000 : 400_000) : .random(in: -400_000...400_000, using: &generator)) }
    let codes = (0..<400).map { _ in Int64.random(in: 0...255, using: &generator) }
    let actual = try evaluate(made, Tensor(.int32, [100, 4], integers: sums), Tensor(.uint8, [100, 4], integers: codes))
    let reals = sums.enumerated().map { Double($1) * steps.values[$0 % 4] + offset.values[$0 % 4] }
    let decoded = Tensor(.float64, [100, 4], codes.map { code.real(Int($0)) })
    let tensors = [Tensor(.float64, [100, 4], reals), decoded, Tensor(.float64, [4], channels.doubles)]
    let expected = try ElementwiseBody(body).evaluate(tensors, dims: [100, 4]).doubles.map(result.code)
    for (a, b) in zip(actual.integers, expected) { #expect(abs(a - Int64(b)) <= 1, "\(a) instead of \(b): \(made.expr)") }
    let wrong = zip(actual.integers, expected).filter { $0 != Int64($1) }.count
    #expect(wrong <= 6, "\(wrong) of 400: \(made.expr)")
  }

  private func evaluate(_ body: IntegerBody, _ sums: Tensor, _ codes: Tensor) throws -> Tensor {
    var operands = RenamedOperands(first: 2)
    operands.replace("x0", by: ElementwiseBody.input(0, .int32))
    operands.replace("x1", by: ElementwiseBody.input(1, .uint8))
    var graph = Graph(name: "constants")
    for (position, tensor) in body.constants.enumerated() { operands.add("c\(position)", graph.addConstant("c", tensor), .int32) }
    return try ElementwiseBody(operands.renamed(body.expr)).evaluate([sums, codes] + body.constants, dims: sums.dims, precision: .typed)
  }
}
