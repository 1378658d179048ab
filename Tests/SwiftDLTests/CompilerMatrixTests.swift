import Foundation
import SwiftDL
import Tensors
import Testing
import Validation

/// The C of real models, as shipped, under the compilers and flags of the contract: silent, clean under sanitizers, and right.
@Suite struct CompilerMatrixTests {
  struct Build: Sendable, CustomTestStringConvertible {
    let compiler: String
    let flags: [String]
    let target: String
    var threads = CompileOptions.Threads.none
    /// What runs programs of another machine.
    var emulator: [String] = []
    var testDescription: String { "\(compiler) \(flags.joined(separator: " ")) for \(target)" }
  }

  static let warnings = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wdouble-promotion", "-Wmissing-prototypes", "-Werror"]
  static let sanitizers = ["-g", "-fsanitize=address,undefined,float-divide-by-zero", "-fno-sanitize-recover=all"]
  static let builds = [
    Build(compiler: "gcc", flags: ["-O1"] + sanitizers, target: "generic"),
    Build(compiler: "gcc", flags: ["-O1"] + sanitizers, target: "x86-64-v3"),
    Build(compiler: "gcc", flags: ["-O3", "-march=native"], target: "native"),
    Build(compiler: "gcc", flags: ["-O0"], target: "x86-64-v3"),
    Build(compiler: "gcc", flags: ["-O2"], target: "generic", threads: .openmp),
    Build(compiler: "gcc", flags: ["-O2", "-fopenmp"], target: "x86-64-v3", threads: .openmp),
    Build(compiler: "clang-14", flags: ["-O2"], target: "generic"),
    Build(compiler: "clang-14", flags: ["-O2"], target: "native"),
    Build(compiler: "aarch64-linux-gnu-gcc", flags: ["-O2", "-static"], target: "aarch64-neon", emulator: ["qemu-aarch64"]),
  ]
  /// One fixture in twelve, from all families.
  static let models = Fixtures.keras.enumerated().filter {
    $0.offset % 12 == 5 && !$0.element.contains("open_") && !$0.element.hasPrefix("policy_")
  }.map(\.element)

  @Test(arguments: builds) func modelsAreSilentCleanAndRight(build: Build) throws {
    var compiler = SystemCompiler(build.compiler, flags: Self.warnings + build.flags)
    compiler.launcher = build.emulator
    guard compiler.isAvailable else { return withKnownIssue("\(build.compiler) is not installed") { Issue.record("missing") } }
    for name in Self.models {
      guard let batch = (try? Fixtures.model(name))?.source.tests.first?.inputs.first?.dims.first else { continue }
      let model = try Fixtures.model(name, batch: .fixed(batch))
      var options = CompileOptions(name: "net")
      options.target = build.target
      options.threads = build.threads
      options.harness = true
      var sources: SourceSet = [:]
      for file in try Compilation(model, options).files { sources.add(file.name, bytes: file.contents) }
      let program = try compiler.executable(sources)
      for test in model.source.tests.prefix(1) {
        try run(program, test.inputs, expecting: test.outputs, "\(name): \(build.testDescription)")
      }
    }
  }

  private func run(_ program: Executable, _ inputs: [Tensor], expecting outputs: [Tensor], _ name: String) throws {
    let folder = URL(fileURLWithPath: program.folder.path)
    for (position, input) in inputs.enumerated() { try Data(input.bytes).write(to: folder.appendingPathComponent("in\(position)")) }
    let files = inputs.indices.map { folder.appendingPathComponent("in\($0)").path }
    let outcome = try program.run(
      files + ["--out", folder.appendingPathComponent("out").path], environment: ["ASAN_OPTIONS": "detect_leaks=0"])
    #expect(outcome.succeeded, "\(name): \(outcome.standardError)")
    for (position, expected) in outputs.enumerated() {
      let bytes = try [UInt8](Data(contentsOf: folder.appendingPathComponent("out\(position).bin")))
      let actual = Tensor(expected.dtype, expected.dims, bytes: bytes)
      let comparison = Validation.Comparison(actual, expected: expected)
      #expect(comparison.maxAbsolute <= 1e-4 * max(comparison.peak, 1e-6), "\(name), output \(position): \(comparison)")
    }
  }
}
