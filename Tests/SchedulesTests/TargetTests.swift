import Targets
import Tensors
import Testing

@Test func anUnknownTargetIsRefusedWithTheNames() {
  let names = "generic, x86-64-v3, x86-64-v4, x86-64-v4-bf16, aarch64-neon, native"
  #expect(throws: Diagnostic("there is no target riscv", hint: "the targets are \(names)")) {
    try Target.named("riscv")
  }
}

@Test func everyTargetIsFoundByItsName() throws {
  for target in Target.all { #expect(try Target.named(target.name) == target) }
  #expect(Target.all.contains(try Target.named("native")))
}

@Test func theBestTargetNeedsAllOfItsInstructions() {
  let v3: Set = ["avx2", "fma", "bmi1", "bmi2", "f16c", "movbe", "abm"]
  let v4: Set = ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", "avx512_vnni"]
  #expect(Target.best(for: v3) == .x86v3)
  #expect(Target.best(for: v3.union(v4)) == .x86v4)
  #expect(Target.best(for: v3.union(v4).union(["avx512_bf16", "AuthenticAMD"])) == .x86v4BFloat16)
  #expect(Target.best(for: v3.union(v4).union(["avx512_bf16", "GenuineIntel"])) == .x86v4)
  #expect(Target.best(for: v3.union(v4).subtracting(["avx512vl"])) == .x86v3)
  #expect(Target.best(for: v4) == .generic)
}

@Test(arguments: Target.all) func widthsArePowersOfTwoFromWideToNarrow(target: Target) {
  #expect(target.vectorWidths == target.vectorWidths.sorted(by: >))
  #expect(target.vectorWidths.allSatisfy { $0.nonzeroBitCount == 1 && $0 > 1 })
  #expect(target.preamble.isEmpty == target.postamble.isEmpty)
}
