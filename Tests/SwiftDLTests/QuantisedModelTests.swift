import GraphIR
import LoopIR
import Operators
import Passes
import Targets
import Tensors
import Testing
import Validation

@testable import SwiftDL

/// Graphs on integers give the same bits everywhere: interpreter, libtcc, and the system's compiler with and without vectors.
@Suite(.serialized) struct QuantisedModelTests {
  private func random(_ dims: [Int], _ seed: UInt64) -> Tensor {
    var generator = SeededGenerator(seed)
    return Tensor.random(.float32, dims, .small, using: &generator)
  }

  /// Padding, strides, a depthwise convolution, a residual, both averages, a concatenation, a table and a product.
  private func graph(withTable: Bool = true) throws -> Graph {
    var graph = Graph(name: "net")
    var seed: UInt64 = 100
    func weights(_ name: String, _ dims: [Int]) -> ValueID {
      seed += 1
      return graph.addConstant(name, random(dims, seed))
    }
    let (x0, x1) = (ElementwiseBody.input(0, .float32), ElementwiseBody.input(1, .float32))
    func map(_ body: Expr, _ ids: [ValueID], _ name: String) throws -> ValueID {
      try graph.add(Map(ElementwiseBody(body), inputCount: ids.count), ids, name: name)[0]
    }
    let padded = SlidingWindow(padsBefore: [1, 1], padsAfter: [1, 1])
    let x = graph.addInput("x", TensorType(.float32, [1, 13, 11, 3]))
    let strided = SlidingWindow(strides: [2, 2], padsBefore: [1, 1], padsAfter: [1, 1])
    let first = try graph.add(Convolution(strided), [x, weights("w1", [3, 3, 3, 20]), weights("b1", [20])], name: "first")[0]
    let active = try map(maximum(x0, .constant(0, .float32)), [first], "active")
    let depthwise = try graph.add(DepthwiseConvolution(padded), [active, weights("w2", [3, 3, 20, 1])], name: "depthwise")[0]
    let silu = withTable ? try map(x0 * .unary(.sigmoid, x0), [depthwise], "silu") : depthwise
    let second = try graph.add(Convolution(), [silu, weights("w3", [1, 1, 20, 20])], name: "second")[0]
    let sum = try map(maximum(x0 + x1, .constant(0, .float32)), [second, active], "sum")
    let pooled = try graph.add(Pool(.average, size: [3, 3], padded), [sum], name: "pooled")[0]
    let joined = try graph.add(Concatenate(axis: -1), [pooled, sum], name: "joined")[0]
    let third = try graph.add(Convolution(groups: 4), [joined, weights("w4", [1, 1, 10, 24])], name: "third")[0]
    let mean = try graph.add(Reduce(.mean, axes: [1, 2]), [third], name: "mean")[0]
    graph.addOutput("y", try graph.add(MatMul(), [mean, weights("w5", [24, 7])], name: "y")[0])
    return graph
  }

  /// An encoder layer of three heads of seven channels: products of values, softmax, residuals, both normalisations and GELU.
  private func attention(rows: Int, mask: Double = 0, withTable: Bool = true) throws -> Graph {
    var graph = Graph(name: "net")
    var seed: UInt64 = 200
    func weights(_ name: String, _ dims: [Int]) -> ValueID {
      seed += 1
      return graph.addConstant(name, random(dims, seed))
    }
    let (x0, x1) = (ElementwiseBody.input(0, .float32), ElementwiseBody.input(1, .float32))
    func map(_ body: Expr, _ ids: [ValueID], _ name: String) throws -> ValueID {
      try graph.add(Map(ElementwiseBody(body), inputCount: ids.count), ids, name: name)[0]
    }
    func dense(_ id: ValueID, _ name: String, _ from: Int, _ to: Int) throws -> ValueID {
      let product = try graph.add(MatMul(), [id, weights(name + ".w", [from, to])], name: name)[0]
      return try map(x0 + x1, [product, weights(name + ".b", [to])], name + ".biased")
    }
    func heads(_ id: ValueID, _ name: String) throws -> ValueID {
      let parts = try graph.add(Reshape(exactly: [Dim(rows), 3, 7]), [id], name: name + ".parts")[0]
      return try graph.add(Transpose([1, 0, 2]), [parts], name: name + ".heads")[0]
    }
    let x = graph.addInput("x", TensorType(.float32, [Dim(rows), 9]))
    let embedded = try dense(x, "embedded", 9, 21)
    let (q, k, v) = (
      try heads(try dense(embedded, "q", 21, 21), "q"), try heads(try dense(embedded, "k", 21, 21), "k"),
      try heads(try dense(embedded, "v", 21, 21), "v")
    )
    let scaled = try map(x0 * .constant(0.378, .float32), [q], "scaled")
    let scores = try graph.add(MatMul(transposeB: true), [scaled, k], name: "scores")[0]
    var logits = scores
    if mask != 0 {
      let upper = (0..<rows * rows).map { $0 % rows > $0 / rows ? mask : 0 }
      logits = try map(x0 + x1, [scores, graph.addConstant("mask", Tensor(.float32, [rows, rows], upper))], "logits")
    }
    let shares = try graph.add(Softmax(axis: -1), [logits], name: "shares")[0]
    let attended = try graph.add(MatMul(), [shares, v], name: "attended")[0]
    let joined = try graph.add(Transpose([1, 0, 2]), [attended], name: "joined")[0]
    let flat = try graph.add(Reshape(exactly: [Dim(rows), 21]), [joined], name: "flat")[0]
    let sum = try map(x0 + x1, [try dense(flat, "out", 21, 21), embedded], "sum")
    let first = try graph.add(Normalise(axes: [-1], epsilon: 1e-3), [sum, weights("g", [21]), weights("o", [21])], name: "first")[0]
    let hidden = try dense(first, "hidden", 21, 33)
    let gelu = try map(
      x0 * (.unary(.erf, x0 * .constant(0.70710678, .float32)) + .constant(1, .float32)) * .constant(0.5, .float32), [hidden], "gelu")
    let second = try map(x0 + x1, [try dense(withTable ? gelu : hidden, "back", 33, 21), first], "second")
    let rms = Normalise(axes: [-1], subtractsMean: false, epsilon: 1e-3)
    let normal = try graph.add(rms, [second, weights("r", [21])], name: "normal")[0]
    graph.addOutput("y", try graph.add(MatMul(), [normal, weights("last", [21, 4])], name: "y")[0])
    return graph
  }

  private func plan(_ source: Graph, _ inputs: [Tensor], isShort: Bool) throws -> QuantisationPlan {
    var graph = source
    try Pipeline.beforeQuantisation().run(on: &graph)
    var samples: [ValueID: ValueSample] = [:]
    for input in inputs {
      let values = try Interpreter(graph).run([input])
      for id in graph.measuredValues {
        guard let tensor = values[id] else { continue }
        samples[id, default: ValueSample(perTensor: 500)].add(tensor)
      }
    }
    return QuantisationPlan(graph, samples, by: .best, isShort: isShort)
  }

  @Test(arguments: [("generic", CheckOptions.Engine.tcc), ("generic", .cc), ("native", .cc)])
  func integersAreTheSameEverywhere(target: String, engine: CheckOptions.Engine) throws {
    try expectTheSame(try graph(), [1, 13, 11, 3], target, engine, integers: 9)
  }

  /// But for the sigmoid, which is a float.
  @Test(arguments: [("generic", CheckOptions.Engine.tcc), ("generic", .cc), ("native", .cc), ("x86-64-v3", .cc)])
  func shortIntegersAreTheSameEverywhere(target: String, engine: CheckOptions.Engine) throws {
    if target == "x86-64-v3", !Target.native.vectorWidths.starts(with: Target.x86v3.vectorWidths) { return }
    try expectTheSame(try graph(withTable: false), [1, 13, 11, 3], target, engine, integers: 8, isShort: true)
    try expectTheSame(try attention(rows: 5, withTable: false), [5, 9], target, engine, integers: 13, isShort: true)
  }

  @Test(arguments: [("generic", CheckOptions.Engine.tcc), ("generic", .cc), ("native", .cc), ("x86-64-v3", .cc)], [1, 5, 19])
  func attentionIsTheSameEverywhere(on: (target: String, engine: CheckOptions.Engine), rows: Int) throws {
    if on.target == "x86-64-v3", !Target.native.vectorWidths.starts(with: Target.x86v3.vectorWidths) { return }
    try expectTheSame(try attention(rows: rows), [rows, 9], on.target, on.engine, integers: 14)
  }

  /// What comes later is masked by very large numbers, or by infinite ones.
  @Test(arguments: [("generic", CheckOptions.Engine.tcc), ("native", .cc)], [-1e9, -.infinity])
  func masksStayOnIntegers(on: (target: String, engine: CheckOptions.Engine), mask: Double) throws {
    try expectTheSame(try attention(rows: 7, mask: mask), [7, 9], on.target, on.engine, integers: 14)
  }

  private func expectTheSame(
    _ source: Graph, _ dims: [Int], _ target: String, _ engine: CheckOptions.Engine, integers count: Int, isShort: Bool = false
  ) throws {
    let inputs = (0..<3).map { random(dims, $0) }
    var options = CompileOptions(name: "net")
    options.target = target
    options.calibration = Calibration(
      plan: try plan(source, inputs, isShort: isShort), rows: 3, warnings: [], unseen: [], seen: [], outputs: [], others: [])
    var reference = source
    try Pipeline.onIntegers(try #require(options.calibration).plan).run(on: &reference)
    let (optimised, program) = try Compilation.stages(source, options)
    #expect(optimised.nodes.filter { optimised.type($0.outputs[0]).dtype == (isShort ? .int16 : .uint8) }.count >= count, "\(optimised)")
    #expect(optimised.nodes.filter { optimised.type($0.outputs[0]).dtype == .float32 }.count == 1, "\(optimised)")
    let runner = try CompiledProgram(program, options, engine).runner
    for input in inputs + [random(dims, 99)] {
      let expected = try Interpreter(reference, precision: .typed).outputs([input])
      let actual = try runner.run(program, [input])
      #expect(actual == expected, "\(actual) instead of \(expected)")
      // What calibration has not seen may lie outside of its ranges.
      guard inputs.contains(input) else { continue }
      let float = try Interpreter(source).outputs([input])
      var ratio = SignalToNoise()
      ratio.add(float[0].doubles, actual[0].doubles)
      #expect(ratio.decibels > (isShort ? 28 : 20), "\(ratio.decibels) dB")
    }
  }
}
