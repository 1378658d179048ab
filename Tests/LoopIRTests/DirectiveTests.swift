import LoopIR
import Tensors
import TestSupport
import Testing

private func expectSame(_ nest: Kernel, _ directives: [Directive]) throws {
  let scheduled = try nest.scheduled(directives)
  #expect(try Nest.run(scheduled, seed: 7).isSame(as: Nest.run(nest, seed: 7)), "\(scheduled)")
}

@Test func aSplitWithoutTailIsRefusedWhereItDoesNotDivide() {
  #expect(throws: Diagnostic("cannot split loop n", hint: "19 iterations are no multiple of 4: ask for an epilogue")) {
    try Nest.matmul(5, 19, 7).scheduled([.split("n", by: 4, tail: .mustDivide)])
  }
}

@Test func aDirectiveThatNamesNoLoopIsRefused() {
  #expect(throws: Diagnostic("there is no loop q", hint: "the loops are m, n, k")) {
    try Nest.matmul(5, 19, 7).scheduled([.unroll("q")])
  }
}

@Test func aRegisterTileKeepsItsAccumulatorsInLocals() throws {
  let nest = Nest.matmul(6, 64, 5)
  let directives: [Directive] = [
    .split("n", by: 32, tail: .mustDivide), .split("n_i", by: 16, tail: .mustDivide), .split("m", by: 3, tail: .mustDivide),
    .reorder(["m_o", "m_i", "n_o", "n_i_o", "n_i_i"]), .reorder(["n_o", "m_o", "m_i", "n_i_o", "n_i_i"]), .vectorise("n_i_i"),
    .unrollAndJam("n_i_o"), .unrollAndJam("m_i"), .shareLoads,
  ]
  try expectSame(nest, directives)
  let text = try nest.scheduled(directives).description
  #expect(text.contains("sum_1_2: float32 x 16"), "\(text)")
}

@Test func overlappingTailsNeedUntouchedInputs() throws {
  try expectSame(Nest.elementwise([2, 21]), [.split("i1", by: 8, tail: .overlapping), .vectorise("i1_i")])
  #expect(throws: Diagnostic.self) { try Nest.elementwise([2, 21], inPlace: true).scheduled([.split("i1", by: 8, tail: .overlapping)]) }
  #expect(throws: Diagnostic.self) { try Nest.elementwise([2, 7]).scheduled([.split("i1", by: 8, tail: .overlapping)]) }
}

@Test func theInteriorOfAWindowHasNoBounds() throws {
  let nest = Nest.depthwise(.init(size: (5, 9), channels: 8))
  let directives: [Directive] = [.partition("o2", at: [1, 8]), .unrollAndJam("o2_1")]
  try expectSame(nest, directives)
  #expect(try nest.scheduled([.partition("o2", at: [1, 8])]).description.contains("for r1_1 in 0..<3"))
}

@Test func timeStepsAreNotReordered() throws {
  let nest = Nest.recurrent(4, 9)
  #expect(throws: Diagnostic.self) { try nest.scheduled([.unrollAndJam("t")]) }
  #expect(throws: Diagnostic.self) { try nest.scheduled([.reorder(["t", "u"])]) }
  try expectSame(nest, [.split("u", by: 8, tail: .epilogue), .vectorise("u_i")])
}

@Test func aReductionIsNotVectorisedAsIfItWereIndependent() {
  #expect(throws: Diagnostic("cannot reorder iterations of loop k", hint: "sum carries a value from one to the next")) {
    try Nest.matmul(4, 4, 8).scheduled([.vectorise("k")])
  }
}

@Test func partialSumsTakeTheRestOneByOne() throws {
  try expectSame(Nest.matmul(3, 4, 19, transposed: true), [.vectoriseReduction("k", lanes: 8), .unrollAndJam("n")])
  try expectSame(Nest.rows([3, 19], axis: 1), [.vectoriseReduction("k", lanes: 4), .vectoriseReduction("e", lanes: 8)])
}

@Test(arguments: [2, 4, 8]) func chainsTakeTheRestOneByOne(count: Int) throws {
  try expectSame(Nest.matmul(3, 4, 19), [.chainReduction("k", count: count), .split("n", by: 4, tail: .mustDivide), .vectorise("n_i")])
  try expectSame(Nest.rows([3, 19], axis: 1), [.chainReduction("k", count: count), .chainReduction("e", count: count)])
}

@Test func whatDoesNotSumHasNoChains() {
  #expect(throws: Diagnostic.self) { try Nest.matmul(3, 4, 19).scheduled([.chainReduction("n", count: 4)]) }
  #expect(throws: Diagnostic.self) { try Nest.matmul(3, 4, 3).scheduled([.chainReduction("k", count: 4)]) }
  #expect(throws: Diagnostic.self) { try Nest.matmul(3, 4, 19).scheduled([.chainReduction("k", count: 3)]) }
}

@Test func oddRowsAreSummedBackwards() throws {
  try expectSame(Nest.matmul(5, 4, 7), [.alternate("k", by: "m"), .chainReduction("k", count: 2)])
  #expect(throws: Diagnostic("cannot alternate loop k", hint: "it does not lie in a loop q that counts from 0 or more")) {
    try Nest.matmul(5, 4, 7).scheduled([.alternate("k", by: "q")])
  }
  #expect(throws: Diagnostic.self) { try Nest.matmul(5, 4, 7).scheduled([.alternate("n", by: "m")]) }
}

@Test func fusedLoopsLeaveNoDivisions() throws {
  let nest = Nest.elementwise([3, 5, 7])
  try expectSame(nest, [.fuse("i0", "i1")])
  #expect(try !nest.scheduled([.fuse("i0", "i1")]).description.contains("/"))
}

/// Directives drawn at random; those that are refused are left out. Whole numbers, so that any order of summation gives the same bits.
@Test(arguments: Nest.all.indices) func anyLegalScheduleKeepsTheValues(position: Int) throws {
  let nest = Nest.all[position]
  let expected = try Nest.run(nest, seed: 3)
  var accepted = 0
  for seed in UInt64(0)..<24 {
    var generator = SeededGenerator(seed)
    var directives: [Directive] = []
    var scheduled = nest.simplified()
    while directives.count < 6, scheduled.body.reduce(0, { $0 + $1.size }) < 300, Int.random(in: 0..<12, using: &generator) != 0 {
      let next = randomDirective(scheduled.loopNames, &generator)
      guard let result = try? nest.scheduled(directives + [next]) else { continue }
      directives.append(next)
      scheduled = result
    }
    accepted += directives.count
    #expect(try Nest.run(scheduled, seed: 3).isSame(as: expected), "seed \(seed): \(directives)\n\(scheduled)")
  }
  #expect(accepted > 24)
}

extension Stmt {
  fileprivate var size: Int { nested.reduce(1) { $0 + $1.size } }
}

private func randomDirective(_ loops: [String], _ generator: inout SeededGenerator) -> Directive {
  let loop = loops.randomElement(using: &generator) ?? ""
  let size = [2, 3, 4, 8].randomElement(using: &generator) ?? 2
  switch Int.random(in: 0..<17, using: &generator) {
  case 0: return .split(loop, by: size, tail: .mustDivide)
  case 1, 2: return .split(loop, by: size, tail: .epilogue)
  case 3: return .split(loop, by: size, tail: .overlapping)
  case 4: return .partition(loop, at: [1, .index(size)])
  case 5: return .fuse(loop, loops.randomElement(using: &generator) ?? "")
  case 6: return .reorder(Array(loops.shuffled(using: &generator).prefix(2)))
  case 7: return .unroll(loop)
  case 8: return .unrollAndJam(loop)
  case 9: return .vectorise(loop)
  case 10: return .vectoriseReduction(loop, lanes: 4)
  case 11: return .prefetch("x", Prefetch(ahead: 64, level: 2))
  case 12: return .chainReduction(loop, count: size)
  case 13: return .alternate(loop, by: loops.randomElement(using: &generator) ?? "")
  case 14: return .parallelise(loop)
  case 15: return .prefetchPanels("x", along: loop, level: 1)
  default: return .shareLoads
  }
}
