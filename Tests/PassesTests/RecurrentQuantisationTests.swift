import GraphIR
import LoopIR
import Operators
import Tensors
import Testing

@testable import Passes

/// A dense layer, a recurrent one with weights of its own, and a dense one behind it.
private struct Sample: CustomStringConvertible {
  let description: String
  var op: any Operator
  var units = 7
  /// Of the recurrent kernel.
  var weight = 1.0
  var isMasked = false
  var hasStates = false
  var readsLast = false
  var hasPeepholes = false
}

private func lstm(_ change: (inout LSTM) -> Void = { _ in }) -> LSTM {
  var op = LSTM()
  change(&op)
  return op
}

private func gru(_ change: (inout GRU) -> Void = { _ in }) -> GRU {
  var op = GRU()
  change(&op)
  return op
}

private func rnn(_ change: (inout SimpleRNN) -> Void = { _ in }) -> SimpleRNN {
  var op = SimpleRNN()
  change(&op)
  return op
}

private let samples: [Sample] = [
  Sample(description: "a simple layer", op: rnn()),
  Sample(description: "ReLU", op: rnn { $0.activation = Activation("relu") }, weight: 0.4, readsLast: true),
  Sample(description: "backwards", op: rnn { $0.goBackwards = true }, units: 3),
  Sample(description: "LSTM", op: lstm()),
  Sample(description: "LSTM, last state", op: lstm(), units: 5, readsLast: true),
  Sample(description: "masked LSTM", op: lstm(), isMasked: true),
  Sample(description: "hard gates", op: lstm { $0.recurrentActivation = Activation("hard_sigmoid", [0.2, 0.5]) }, hasStates: true),
  Sample(description: "coupled and clipped", op: lstm { ($0.couplesGates, $0.clip) = (true, 1.5) }),
  Sample(description: "GRU", op: gru()),
  Sample(description: "GRU, large weights", op: gru(), units: 1, weight: 60),
  Sample(description: "GRU with a state", op: gru { $0.goBackwards = true }, hasStates: true, readsLast: true),
  Sample(description: "GRU that resets before", op: gru { $0.resetAfter = false }, units: 3, isMasked: true),
]

private func random(_ dims: [Int], _ seed: UInt64, times factor: Double = 1) -> Tensor {
  var generator = SeededGenerator(seed)
  let tensor = Tensor.random(.float32, dims, .small, using: &generator)
  return Tensor(.float32, dims, tensor.doubles.map { $0 * factor })
}

extension Sample {
  private var gates: Int { op is LSTM ? 4 : op is GRU ? 3 : 1 }

  func graph() throws -> Graph {
    var sketch = Sketch()
    let columns = gates * units
    let x = sketch.input("x", [2, 6, 5])
    let dense = sketch.graph.addConstant("w", random([5, columns], 100))
    let bias = sketch.graph.addConstant("b", random([columns], 101))
    let product = try sketch.add("projection", MatMul(), x, dense)
    let biased = try sketch.map("biased", x0 + x1, product, bias)
    let kernel = sketch.graph.addConstant("r", random([units, columns], 102, times: weight))
    var inputs: [ValueID?] = [biased, kernel]
    let mask = Tensor(.bool, [2, 6], integers: [1, 1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1])
    inputs.append(isMasked ? sketch.graph.addConstant("mask", mask) : nil)
    for position in 0..<(op is LSTM ? 2 : 1) { inputs.append(hasStates ? sketch.input("state\(position)", [2, units]) : nil) }
    let isResettingAfter = (op as? GRU)?.resetAfter ?? false
    inputs.append(isResettingAfter || hasPeepholes ? sketch.graph.addConstant("extra", random([3 * units], 103)) : nil)
    while inputs.last == .some(nil) { inputs.removeLast() }
    let outputs = try sketch.graph.add(op, inputs, name: "steps")
    let last = sketch.graph.addConstant("d", random([units, 3], 104))
    sketch.output(try sketch.add("dense", MatMul(), outputs[readsLast ? 1 : 0], last))
    for state in outputs.dropFirst(2) { sketch.output(state) }
    var graph = sketch.graph
    try GraphPass.fuseEpilogues.run(on: &graph)
    return graph
  }

  func runs(_ graph: Graph, times factor: Double = 1) -> [[Tensor]] {
    (0..<4).map { run in
      graph.inputs.enumerated().map { random(graph.type($0.element).shape.constants ?? [], UInt64(10 * run + $0.offset), times: factor) }
    }
  }
}

private func plan(_ source: Graph, _ runs: [[Tensor]]) throws -> QuantisationPlan {
  var graph = source
  graph.showCells()
  var samples: [ValueID: ValueSample] = [:]
  var peaks: [String: ChannelPeaks] = [:]
  var moments: [String: StateMoments] = [:]
  for inputs in runs {
    let values = try Interpreter(graph).run(inputs)
    for id in graph.measuredValues {
      if let tensor = values[id] { samples[id, default: ValueSample(perTensor: 1000)].add(tensor) }
    }
    for id in graph.recurrentSteps {
      if let tensor = values[id] { moments[graph[id].name, default: StateMoments(runs: runs.count)].add(tensor) }
    }
    for id in graph.recurrentValues {
      if let tensor = values[id] { peaks[graph[id].name, default: ChannelPeaks()].add(tensor) }
    }
  }
  var plan = QuantisationPlan(source, samples, by: .minmax)
  plan.peaks = peaks.mapValues(\.values)
  plan.moments = moments.mapValues(\.values)
  return plan
}

private func decibels(_ expected: Tensor, _ actual: Tensor) -> Double {
  let signal = expected.doubles.reduce(0) { $0 + $1 * $1 }
  let noise = zip(expected.doubles, actual.doubles).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  return 10 * (UnaryFunction.table[.log10]?.double(signal / max(noise, 1e-30)) ?? .nan)
}

struct RecurrentQuantisationTests {
  private func quantised(_ graph: Graph, _ plan: QuantisationPlan) throws -> Graph {
    var result = graph
    try GraphPass.quantise(plan).run(on: &result)
    for pass in [GraphPass.fuseEpilogues, .fuseMaps, .fuseEpilogues, .removeDeadNodes] { try pass.run(on: &result) }
    return result
  }

  @Test(arguments: samples)
  private func computesOnIntegers(sample: Sample) throws {
    let graph = try sample.graph()
    let runs = sample.runs(graph)
    let plan = try plan(graph, runs)
    let made = try quantised(graph, plan)
    let node = try #require(made.nodes.first { $0.op is IntegerRecurrent }, "\(plan)\n\(made)")
    #expect(made.defects().isEmpty)
    #expect(made.type(try #require(node.inputs[0])).dtype == .int16)
    let bounds = try #require(made.sumBounds(of: node))
    #expect(bounds.lowerBound >= -0x8000_0000 && bounds.upperBound <= 0x7fff_ffff && bounds.upperBound > 1000)
    for inputs in runs {
      let (expected, actual) = (try Interpreter(graph).outputs(inputs), try Interpreter(made).outputs(inputs))
      for (a, b) in zip(expected, actual) { #expect(decibels(a, b) > 25, "\(decibels(a, b)): \(made)") }
    }
  }

  /// Inputs a thousand times as large as any that calibration saw saturate all gates, and nothing else happens.
  @Test(arguments: samples)
  private func saturatesOnWhatCalibrationHasNotSeen(sample: Sample) throws {
    let graph = try sample.graph()
    let made = try quantised(graph, try plan(graph, sample.runs(graph)))
    for inputs in sample.runs(graph, times: 1000) {
      for output in try Interpreter(made, precision: .typed).outputs(inputs) { #expect(output.doubles.allSatisfy { abs($0) < 1000 }) }
    }
  }

  /// With vectors of groups of four, too.
  @Test(arguments: samples)
  private func packedLayersGiveTheSame(sample: Sample) throws {
    let graph = try sample.graph()
    let plain = try quantised(graph, try plan(graph, sample.runs(graph)))
    var packed = plain
    try GraphPass.packProducts(for: .x86v4).run(on: &packed)
    let node = try #require(packed.nodes.first { ($0.op as? IntegerRecurrent)?.isPacked ?? false })
    let original = try #require(plain.nodes.first { $0.op is IntegerRecurrent })
    #expect(packed.sumBounds(of: node) == plain.sumBounds(of: original))
    for inputs in sample.runs(graph) {
      #expect(try Interpreter(packed, precision: .typed).outputs(inputs) == (try Interpreter(plain, precision: .typed).outputs(inputs)))
    }
  }

  /// Rows of a small table become the products of the layer, those of a large one codes; nothing in front of the LSTM is float.
  @Test(arguments: [4, 60])
  func embeddingsAreChosenAsIntegers(words: Int) throws {
    var sketch = Sketch()
    let numbers = sketch.graph.addInput("numbers", TensorType(.int32, [2, 6]))
    let table = sketch.graph.addConstant("table", random([words, 5], 7))
    let rows = try sketch.graph.add(Gather(axis: 0), [table, numbers], name: "rows")[0]
    let dense = sketch.graph.addConstant("w", random([5, 28], 100))
    let product = try sketch.add("projection", MatMul(), rows, dense)
    let biased = try sketch.map("biased", x0 + x1, product, sketch.graph.addConstant("b", random([28], 101)))
    let kernel = sketch.graph.addConstant("r", random([7, 28], 102))
    sketch.output(try sketch.graph.add(LSTM(), [biased, kernel], name: "steps")[0])
    var graph = sketch.graph
    try GraphPass.fuseEpilogues.run(on: &graph)
    let runs = (0..<4).map { run in
      [Tensor(.int32, [2, 6], integers: (0..<12).map { Int64((5 * run + 7 * $0) % words) })]
    }
    let made = try quantised(graph, try plan(graph, runs))
    let cell = try #require(made.nodes.firstIndex { $0.op is IntegerRecurrent })
    #expect(made.defects().isEmpty)
    #expect(made.nodes[..<cell].allSatisfy { made.type($0.outputs[0]).dtype != .float32 }, "\(made)")
    #expect(made.nodes.contains { $0.op is MatMul } == (words > 4))
    for inputs in runs {
      let (expected, actual) = (try Interpreter(graph).outputs(inputs), try Interpreter(made, precision: .typed).outputs(inputs))
      #expect(decibels(expected[0], actual[0]) > 30, "\(decibels(expected[0], actual[0]))")
    }
  }

  @Test func saysWhyALayerStaysFloat() throws {
    let odd: [(Sample, String)] = [
      (Sample(description: "", op: lstm(), hasPeepholes: true), "peepholes"),
      (Sample(description: "", op: rnn { $0.activation = Activation("softsign") }), "softsign"),
      (Sample(description: "", op: gru { $0.recurrentActivation = Activation("tanh") }), "gates by tanh"),
      (Sample(description: "", op: gru { $0.recurrentActivation = Activation("hard_sigmoid", [0.01, 0.5]) }), "hard_sigmoid"),
      (Sample(description: "", op: rnn(), weight: 1e30), "32 bits"),
    ]
    for (sample, reason) in odd {
      let graph = try sample.graph()
      let plan = try plan(graph, sample.runs(graph))
      let found = graph.reasonsForFloat(plan)["steps"] ?? "none"
      #expect(found.contains(reason), "\(found)")
      #expect(try !quantised(graph, plan).nodes.contains { $0.op is IntegerRecurrent })
    }
    let graph = try samples[3].graph()
    var plan = try plan(graph, samples[3].runs(graph))
    #expect(graph.integerLayers(plan).contains("steps"))
    plan.floatNodes = ["steps"]
    #expect(graph.reasonsForFloat(plan)["steps"] == "kept wide for accuracy")
    plan.floatNodes = []
    plan.peaks = [:]
    #expect(graph.reasonsForFloat(plan)["steps"] == "calibration has not seen its input")
  }
}
