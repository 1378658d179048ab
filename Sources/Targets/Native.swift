import Glibc

extension Target {
  /// The best target that runs on the machine that compiles.
  #if arch(arm64)
    package static let native: Target = .aarch64Neon
  #else
    package static let native: Target = best(for: processorFeatures)
  #endif

  /// The last of the targets all of whose instructions are among `features`, named as Linux names them.
  package static func best(for features: Set<String>) -> Target {
    let wide = ["avx2", "fma", "bmi2", "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", "avx512_vnni"]
    let requirements: [(Target, [String])] = [
      (.x86v4BFloat16, wide + ["avx512_bf16", "AuthenticAMD"]),
      (.x86v4, wide),
      (.x86v3, ["avx2", "fma", "bmi1", "bmi2", "f16c", "movbe", "abm"]),
    ]
    return requirements.first { $0.1.allSatisfy(features.contains) }?.0 ?? .generic
  }

  /// What `/proc/cpuinfo` lists under `flags`, and the maker; nothing where there is no such file.
  package static var processorFeatures: Set<String> {
    guard let file = fopen("/proc/cpuinfo", "r") else { return [] }
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 1 << 14)
    var words: Set<String> = []
    while fgets(&buffer, Int32(buffer.count), file) != nil {
      let line = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let isFlags = line.hasPrefix("flags")
      if isFlags || line.hasPrefix("vendor_id") { words.formUnion(line.split { " \t\n".contains($0) }.map(String.init)) }
      if isFlags { break }
    }
    return words
  }
}
