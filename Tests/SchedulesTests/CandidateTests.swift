import LoopIR
import Schedules
import Targets
import Tensors
import TestSupport
import Testing

private let nests = [
  Nest.matmul(24, 64, 5), Nest.matmul(1, 48, 36), Nest.matmul(6, 10, 20, transposed: true),
  Nest.convolution(.init(size: (8, 6), channels: 3, filters: 32)), Nest.depthwise(.init(size: (6, 9), channels: 16)),
  Nest.elementwise([3, 5, 32]), Nest.recurrent(3, 40),
]

@Test(arguments: nests.indices, Target.all) func everyCandidateKeepsTheValues(position: Int, target: Target) throws {
  let nest = nests[position]
  let expected = try Nest.run(nest, seed: 3, draw: .whole)
  for root in schedulableLoops(nest, for: target) {
    for candidate in candidates(nest, at: root, for: target) {
      let values = try Nest.run(candidate.kernel, seed: 3, draw: .whole)
      #expect(values.isSame(as: expected), "\(candidate.choice): \(candidate.kernel)")
    }
  }
}

@Test func candidatesDifferFromEachOtherAndFromTheDefault() throws {
  let nest = Nest.matmul(28, 128, 20)
  let all = candidates(nest, at: "m", for: .x86v4)
  #expect(all.count > 5)
  #expect(Set(all.map(\.kernel.body) + [schedule(nest, for: .x86v4).body]).count == all.count + 1)
  let tall = try #require(all.first { $0.choice == ScheduleChoice(columns: 1, rows: 7) })
  #expect(tall.kernel.description.contains("sum_6"), "\(tall.kernel)")
  let blocked = try #require(all.first { $0.choice == ScheduleChoice(blocks: 2) })
  #expect(blocked.kernel.description.contains("for m_o in 0..<2"), "\(blocked.kernel)")
}

@Test func whatIsNotLegalChangesNothing() {
  let nest = Nest.matmul(9, 64, 5)
  let choices = [
    ScheduleChoice(strategy: "window"), ScheduleChoice(blocks: 4), ScheduleChoice(chains: 4), ScheduleChoice(prefetches: false),
  ]
  for choice in choices {
    #expect(schedule(nest, for: .x86v4, choices: ["m": choice]).body == schedule(nest, for: .x86v4).body, "\(choice)")
  }
  #expect(schedule(nest, for: .x86v4, choices: ["x": ScheduleChoice(rows: 1)]) == schedule(nest, for: .x86v4))
}

@Test func choicesAreMergedAndReadAloud() {
  let choice = ScheduleChoice(columns: 1, rows: 14).merged(with: ScheduleChoice(rows: 3, blocks: 2, prefetches: false))
  #expect(choice == ScheduleChoice(columns: 1, rows: 14, blocks: 2, prefetches: false))
  #expect(choice.description == "1 column, 14 rows, 2 blocks, no prefetching")
  #expect(ScheduleChoice().isEmpty && ScheduleChoice().description.isEmpty)
}

@Test func aFingerprintIsOfWhatIsComputed() {
  var other = Nest.matmul(5, 6, 7)
  let name = fingerprint(other)
  #expect(name.count == 16)
  other.name = "another"
  #expect(fingerprint(other) == name)
  #expect(fingerprint(Nest.matmul(5, 6, 8)) != name)
  other.parameters[0].isUnaliased = false
  #expect(fingerprint(other) != name)
}

@Test func notesSayWhatWasDone() {
  let notes = schedule(Nest.matmul(28, 128, 20), for: .x86v4, choices: ["m": ScheduleChoice(rows: 7)]).notes
  #expect(notes.first == "m: contraction, measured")
  #expect(notes.dropFirst().contains { $0.contains("vectorise n") } && notes.allSatisfy { $0.count <= 120 }, "\(notes)")
}
