import GraphIR
import LoopIR
import Passes
import Tensors
import TestSupport
import Testing

@Suite struct FusedNodeTests {
  /// What passes make of a graph must mean the same to the operators' nests, epilogues above all.
  @Test func nestsOfOptimisedNodesComputeWhatTheirDefinitionsSay() throws {
    var epilogues: Set<String> = []
    for seed in UInt64(0)..<150 {
      let random = RandomGraph(seed: seed, .smooth)
      var graph = random.graph
      try Pipeline.standard.run(on: &graph)
      let values = try Interpreter(graph, precision: .typed).run(random.inputs)
      let dims = graph.computedDims.compactMapValues { source in values[source.value].map { Int($0.integers[source.element]) } }
      for node in graph.nodes where node.op.control == nil {
        let lowered = try LoweredNode(
          node.op, graph.types(node.operatorInputs), epilogue: node.epilogue, epilogueInputs: node.epilogueInputs.map { graph.type($0) })
        let actual = try lowered.run(node.inputs.compactMap { id in id.flatMap { values[$0] } }, dims: dims)
        for (id, tensor) in zip(node.outputs, actual) {
          let moved = values[id].map { distance($0, tensor) } ?? .infinity
          #expect(moved < 1e-4, "seed \(seed), \(node.label): \(moved)\n\(graph)")
        }
        if node.epilogue != nil { epilogues.insert(node.op.name) }
      }
    }
    #expect(epilogues.count >= 8, "only \(epilogues.sorted()) had epilogues")
  }
}
