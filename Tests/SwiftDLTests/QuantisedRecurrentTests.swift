import GraphIR
import LoopIR
import Operators
import Passes
import Tensors
import Testing
import Validation

@testable import SwiftDL

/// Recurrent layers on integers give the same bits everywhere, and from one call to the next.
@Suite(.serialized) struct QuantisedRecurrentTests {
  private func random(_ dims: [Int], _ seed: UInt64, times factor: Double = 1) -> Tensor {
    var generator = SeededGenerator(seed)
    return Tensor(.float32, dims, Tensor.random(.float32, dims, .small, using: &generator).doubles.map { $0 * factor })
  }

  /// An LSTM in both directions, a GRU that keeps its state between calls, one that resets before, with a mask, and a dense layer.
  private func graph() throws -> Graph {
    var graph = Graph(name: "net")
    var seed: UInt64 = 100
    func weights(_ name: String, _ dims: [Int]) -> ValueID {
      seed += 1
      return graph.addConstant(name, random(dims, seed, times: 0.7))
    }
    func projected(_ x: ValueID, _ name: String, _ dims: [Int]) throws -> ValueID {
      let product = try graph.add(MatMul(), [x, weights("\(name)/w", dims)], name: "\(name)/projection")[0]
      let sum = ElementwiseBody.input(0, .float32) + ElementwiseBody.input(1, .float32)
      return try graph.add(Map(ElementwiseBody(sum), inputCount: 2), [product, weights("\(name)/b", [dims[1]])], name: "\(name)/bias")[0]
    }
    let x = graph.addInput("x", TensorType(.float32, [1, 6, 5]))
    var (forward, backward, reset) = (LSTM(), LSTM(), GRU())
    forward.recurrentActivation = Activation("hard_sigmoid", [0.2, 0.5])
    backward.goBackwards = true
    reset.resetAfter = false
    let a = try graph.add(forward, [try projected(x, "a", [5, 68]), weights("a/r", [17, 68])], name: "a")[0]
    let b = try graph.add(backward, [try projected(x, "b", [5, 68]), weights("b/r", [17, 68])], name: "b")[0]
    let inTime = try graph.add(Reverse([1]), [b], name: "b/reversed")[0]
    let joined = try graph.add(Concatenate(axis: 2), [a, inTime], name: "joined")[0]
    let state = graph.addState("h", TensorType(.float32, [1, 9]))
    let kept = try graph.add(
      GRU(), [try projected(joined, "c", [34, 27]), weights("c/r", [9, 27]), nil, state, weights("c/s", [27])], name: "c")
    graph.states[0].output = kept[1]
    let mask = graph.addConstant("mask", Tensor(.bool, [1, 6], integers: [1, 1, 0, 1, 1, 0]))
    let last = try graph.add(reset, [try projected(kept[0], "d", [9, 9]), weights("d/r", [3, 9]), mask], name: "d")
    graph.addOutput("y", try graph.add(MatMul(), [last[1], weights("e/w", [3, 4])], name: "y")[0])
    return graph
  }

  private func plan(_ source: Graph, _ inputs: [Tensor]) throws -> QuantisationPlan {
    var graph = source
    try Pipeline.beforeQuantisation().run(on: &graph)
    graph.showCells()
    var samples: [ValueID: ValueSample] = [:]
    var peaks: [String: ChannelPeaks] = [:]
    var moments: [String: StateMoments] = [:]
    for input in inputs {
      let values = try Interpreter(graph).run([input])
      for id in graph.measuredValues {
        if let tensor = values[id] { samples[id, default: ValueSample(perTensor: 500)].add(tensor) }
      }
      for id in graph.recurrentSteps {
        if let tensor = values[id] { moments[graph[id].name, default: StateMoments(runs: inputs.count)].add(tensor) }
      }
      for id in graph.recurrentValues {
        if let tensor = values[id] { peaks[graph[id].name, default: ChannelPeaks()].add(tensor) }
      }
    }
    var plan = QuantisationPlan(graph, samples, by: .best)
    plan.peaks = peaks.mapValues(\.values)
    plan.moments = moments.mapValues(\.values)
    return plan
  }

  @Test(arguments: [("generic", CheckOptions.Engine.tcc), ("generic", .cc), ("native", .cc)])
  func integersAreTheSameEverywhere(target: String, engine: CheckOptions.Engine) throws {
    let source = try graph()
    let inputs = (0..<3).map { random([1, 6, 5], $0) }
    var options = CompileOptions(name: "net")
    options.target = target
    options.calibration = Calibration(plan: try plan(source, inputs), rows: 3, warnings: [], unseen: [], seen: [], outputs: [], others: [])
    var reference = source
    try Pipeline.onIntegers(try #require(options.calibration).plan).run(on: &reference)
    let (optimised, program) = try Compilation.stages(source, options)
    #expect(optimised.nodes.filter { $0.op is IntegerRecurrent }.count == 4, "\(optimised)")
    let runner = try CompiledProgram(program, options, engine).runner
    var (states, floatStates): ([Tensor]?, [Tensor]?)
    var ratio = SignalToNoise()
    // The last is far beyond what calibration has seen.
    for input in inputs + [random([1, 6, 5], 99), random([1, 6, 5], 98, times: 300)] {
      let values = try Interpreter(reference, precision: .typed).run([input], states: states)
      let expected = try #require(values[reference.outputs[0].value])
      let actual = try runner.run(program, [input])[0]
      #expect(actual == expected, "\(actual) instead of \(expected)")
      states = try reference.states.map { try #require(values[$0.output]) }
      let floats = try Interpreter(source).run([input], states: floatStates)
      floatStates = try source.states.map { try #require(floats[$0.output]) }
      if input != random([1, 6, 5], 98, times: 300) { ratio.add(try #require(floats[source.outputs[0].value]).doubles, actual.doubles) }
    }
    #expect(ratio.decibels > 20, "\(ratio.decibels)")
  }
}
