import LoopIR
import Schedules
import Targets
import Tensors
import TestSupport
import Testing

@Test(arguments: Nest.all.indices, Target.all) func schedulesKeepTheValues(position: Int, target: Target) throws {
  let nest = Nest.all[position]
  let scheduled = schedule(nest, for: target)
  for draw in [Draw.whole, .hard] where draw == .whole || !scheduled.description.contains("of lanes") {
    #expect(try Nest.run(scheduled, seed: 5, draw: draw).isSame(as: Nest.run(nest, seed: 5, draw: draw)), "\(scheduled)")
  }
}
