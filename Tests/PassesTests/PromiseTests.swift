import GraphIR
import LoopIR
import Passes
import Tensors
import TestSupport
import Testing

/// Runs the passes over a random graph and holds each to its promise; tells which of them changed something.
func namesOfPassesThatChange(_ random: RandomGraph, by pipeline: Pipeline) throws -> Set<String> {
  var changed: Set<String> = []
  var graph = random.graph
  var expected = try Interpreter(graph, precision: .typed).outputs(random.inputs)
  try pipeline.run(on: &graph) { (pass, before, after) throws(Diagnostic) in
    guard before != after else { return }
    changed.insert(pass.name)
    let actual = try Interpreter(after, precision: .typed).outputs(random.inputs)
    let isSound = after.defects().isEmpty && expected.count == actual.count
    guard isSound, zip(expected, actual).allSatisfy({ isKept(pass.promise, random, $0, $1) }) else {
      throw Diagnostic("seed \(random.seed): \(pass.name)\n\(before)\n=>\n\(after)\n\(expected)\n=>\n\(actual)")
    }
    expected = actual
  }
  return changed
}

/// Bounds hold only where small changes stay small: not in a wild graph.
private func isKept(_ promise: GraphPass.Promise, _ random: RandomGraph, _ before: Tensor, _ after: Tensor) -> Bool {
  switch promise {
  case .sameBits: haveSameBits(before, after)
  case .within(let bound): random.character == .wild ? before.type == after.type : distance(before, after) <= bound
  case .anotherNetwork: before.type == after.type
  }
}

/// Equal element by element, the signs of zeros included; any NaN is as good as another.
func haveSameBits(_ a: Tensor, _ b: Tensor) -> Bool {
  if a == b { return true }
  return a.type == b.type && zip(a.doubles, b.doubles).allSatisfy { $0 == $1 && $0.sign == $1.sign || $0.isNaN && $1.isNaN }
}

@Suite struct PromiseTests {
  static let options = PipelineOptions(target: .x86v3)
  static let seeds = UInt64(0)..<400

  @Test func thePipelineKeepsEveryPromiseOnRandomGraphs() throws {
    var changed: [String: Int] = [:]
    for seed in PromiseTests.seeds {
      let random = RandomGraph(seed: seed, seed.isMultiple(of: 2) ? .smooth : .wild)
      for name in try namesOfPassesThatChange(random, by: .standard(PromiseTests.options)) { changed[name, default: 0] += 1 }
    }
    // The layers of random graphs are too small for these, and nobody asks for the first; they have tests of their own.
    let others: Set = [
      "prune", "sort-channels", "choose-sparse", "choose-winograd", "pad-convolutions", "pack-products", "cascade-rows", "fuse-pools",
      "fill-vectors", "fold-factors", "leave-transposes", "permute-weights", "compute-on-codes", "round-factors",
    ]
    for pass in PromiseTests.passes where !others.contains(pass.name) {
      #expect(changed[pass.name, default: 0] >= 10, "\(pass.name) hardly ever ran")
    }
  }

  static let passes = Pipeline.standard(options).passes

  @Test(arguments: Set(passes.map(\.name)).sorted())
  func aPassAloneKeepsItsPromise(name: String) throws {
    let pipeline = Pipeline(Array(PromiseTests.passes.filter { $0.name == name }.prefix(1)))
    for seed in PromiseTests.seeds {
      _ = try namesOfPassesThatChange(RandomGraph(seed: seed, seed.isMultiple(of: 2) ? .smooth : .wild), by: pipeline)
    }
  }
}
