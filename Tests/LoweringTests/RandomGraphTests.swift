import GraphIR
import LoopIR
import Lowering
import Tensors
import TestSupport
import Testing

/// Whole graphs, lowered and run step by step with every access checked: shared memory, copies and the arena must not show.
@Suite struct RandomGraphTests {
  @Test(arguments: 0..<12) func programsComputeWhatTheirGraphsMean(part: Int) throws {
    for seed in UInt64(part * 25)..<UInt64(part * 25 + 25) {
      let random = RandomGraph(seed: seed, .smooth)
      let expected = try Interpreter(random.graph).outputs(random.inputs)
      let program = try Lowering { $0 }.lower(random.graph, name: "net")
      #expect(program.arenaBytes >= program.arenaLowerBound, "seed \(seed)")
      let actual = try ProgramInterpreter(program).run(random.inputs)
      for (position, (a, b)) in zip(expected, actual).enumerated() {
        #expect(distance(a, b) < 1e-4, "seed \(seed), output \(position)\n\(random.graph)")
      }
    }
  }
}
