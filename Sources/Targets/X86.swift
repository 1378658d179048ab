extension Target {
  /// AVX2 and FMA: Intel since Haswell, AMD since Zen.
  package static let x86v3: Target = {
    var target = generic
    target.name = "x86-64-v3"
    target.vectorWidths = [8, 4]
    target.hasFusedMultiplyAdd = true
    target.hasDotProducts = true
    // Two permutations and a choice.
    target.lookupCost = 2.5
    target.caches = [32 << 10, 512 << 10]
    target.statementLimit = 600
    target.compileFor(["avx2", "fma", "bmi", "bmi2", "f16c", "lzcnt", "movbe"])
    return target
  }()

  /// AVX-512 F, BW, CD, DQ and VL, with VNNI: Intel since Cascade Lake, AMD since Zen 4.
  package static let x86v4: Target = {
    var target = x86v3
    target.name = "x86-64-v4"
    target.vectorWidths = [16, 8, 4]
    target.registers = 32
    target.lookupCost = 1.5
    target.caches = [32 << 10, 1 << 20]
    target.compileFor(wideFeatures)
    return target
  }()

  /// And AVX-512 BF16 at twice the rate of float32: AMD since Zen 4. Intel's machines have the instructions, too, but sum products of
  /// bfloat16 at half the rate of float32 (measured on Emerald Rapids).
  package static let x86v4BFloat16: Target = {
    var target = x86v4
    target.name = "x86-64-v4-bf16"
    target.hasBFloat16Products = true
    target.compileFor(wideFeatures + ["avx512bf16"])
    return target
  }()

  private static let wideFeatures = [
    "avx2", "fma", "bmi", "bmi2", "f16c", "lzcnt", "movbe", "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", "avx512vnni",
  ]

  /// Makes gcc and clang use the instructions whatever the flags of the build.
  private mutating func compileFor(_ features: [String]) {
    let list = features.joined(separator: ",")
    let macros = features.filter { ["avx2", "avx512f", "avx512bf16"].contains($0) }.map { "#define SWDL_CLANG_\($0.uppercased())" }
    let clang = ["#pragma clang attribute push(__attribute__((target(\"\(list)\"))), apply_to = function)"] + macros
    let gcc = [
      "#pragma GCC push_options",
      "#pragma GCC target(\"\(list)\")",
      // Keeping elements for later iterations spills the accumulators of wide tiles: half the speed with gcc 12.
      "#pragma GCC optimize(\"no-predictive-commoning\")",
    ]
    preamble =
      ["#if defined(__x86_64__) && defined(__clang__)"] + clang + ["#elif defined(__x86_64__) && defined(__GNUC__)"] + gcc + ["#endif"]
    postamble = [
      "#if defined(__x86_64__) && defined(__clang__)",
      "#pragma clang attribute pop",
      "#elif defined(__x86_64__) && defined(__GNUC__)",
      "#pragma GCC pop_options",
      "#endif",
    ]
  }
}
