import Lowering
import Tensors
import Testing

@Suite struct ArenaPlannerTests {
  typealias Block = ArenaPlanner.Block

  @Test(arguments: UInt64(0)..<60) func blocksThatLiveTogetherLieApart(seed: UInt64) {
    var random = SeededGenerator(seed)
    let blocks = (0..<Int.random(in: 0...24, using: &random)).map { _ in
      let first = Int.random(in: 0..<20, using: &random)
      return Block(
        bytes: Int.random(in: 1...400, using: &random), alignment: 4, first: first, last: first + Int.random(in: 0..<6, using: &random))
    }
    let planner = ArenaPlanner(blocks)
    let plan = planner.plan()
    #expect(plan.bytes >= planner.lowerBound, "seed \(seed)")
    for (i, a) in blocks.enumerated() {
      #expect(plan.offsets[i].isMultiple(of: 4) && plan.offsets[i] + a.bytes <= plan.bytes, "seed \(seed)")
      for (j, b) in blocks.enumerated() where j < i && a.first <= b.last && b.first <= a.last {
        let areApart = plan.offsets[i] + a.bytes <= plan.offsets[j] || plan.offsets[j] + b.bytes <= plan.offsets[i]
        #expect(areApart, "seed \(seed): blocks \(j) and \(i)")
      }
    }
  }

  @Test func aChainNeedsItsTwoLargestNeighbours() {
    let sizes = [100, 400, 300, 200, 600, 8]
    let blocks = sizes.enumerated().map { Block(bytes: $0.element, alignment: 4, first: $0.offset, last: $0.offset + 1) }
    let planner = ArenaPlanner(blocks)
    #expect(planner.lowerBound == 800)
    #expect(planner.plan().bytes == 800)
  }

  /// A long-lived block in the middle fragments plans that go by size alone.
  @Test func findsThePlanThatFirstFitBySizeMisses() {
    let blocks = [
      Block(bytes: 10, alignment: 1, first: 0, last: 1), Block(bytes: 20, alignment: 1, first: 1, last: 3),
      Block(bytes: 10, alignment: 1, first: 2, last: 5), Block(bytes: 20, alignment: 1, first: 4, last: 6),
    ]
    let planner = ArenaPlanner(blocks)
    #expect(planner.plan().bytes == planner.lowerBound)
  }

  @Test func nothingNeedsNothing() {
    #expect(ArenaPlanner([]).plan().bytes == 0)
  }
}
