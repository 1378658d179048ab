import Foundation
import Testing
import Validation

/// The command as users meet it: files, exit codes, diagnostics.
@Suite struct CommandTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("swiftdl-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
  private var files: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted() }

  private func run(_ arguments: String...) throws -> ProcessOutcome {
    var command = ChildProcess(Products.command, arguments)
    command.timeout = .seconds(120)
    return try command.run()
  }

  @Test func writesSourceHeaderHarnessManifestAndDependencies() throws {
    let outcome = try run(
      Fixtures.path("tfjs/cnn/model.json"), "-o", path("net.c"), "--harness", "--manifest", path("net.manifest.json"), "--depfile",
      path("net.d"))
    #expect(outcome.succeeded, "\(outcome.standardError)")
    #expect(files == ["net.c", "net.d", "net.h", "net.manifest.json", "net_harness.c"])
    let dependencies = try String(contentsOfFile: path("net.d"), encoding: .utf8)
    #expect(dependencies.contains("model.json") && dependencies.contains(".bin"))
    let manifest = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path("net.manifest.json")))) as? [String: Any])
    #expect(manifest["entry"] as? String == "net_run")
    let (arena, bound) = (manifest["arena_bytes"] as? Int ?? 0, manifest["arena_lower_bound_bytes"] as? Int ?? 0)
    #expect(bound > 0 && arena >= bound)
  }

  @Test func theSameModelGivesTheSameBytesFromAnywhere() throws {
    for (name, directory) in [("a", "/"), ("b", folder.path)] {
      let subfolder = path(name)
      try FileManager.default.createDirectory(atPath: subfolder, withIntermediateDirectories: true)
      let script = "cd \"$1\" && shift && exec \"$@\""
      let outcome = try ChildProcess(
        "sh",
        [
          "-c", script, "sh", directory, Products.command, Fixtures.path("tfjs/cnn/model.json"), "-o", "\(subfolder)/net.c", "--target",
          "x86-64-v4",
        ]
      ).run()
      #expect(outcome.succeeded, "\(outcome.standardError)")
    }
    for file in ["net.c", "net.h"] {
      let (a, b) = (
        try Data(contentsOf: URL(fileURLWithPath: path("a/\(file)"))), try Data(contentsOf: URL(fileURLWithPath: path("b/\(file)")))
      )
      #expect(a == b && !a.isEmpty)
    }
  }

  @Test func namesAndPlacesCanBeChosen() throws {
    let header = path("include/api.h")
    try FileManager.default.createDirectory(atPath: path("include"), withIntermediateDirectories: true)
    let outcome = try run(Fixtures.path("tfjs/cnn/model.json"), "-o", path("net.c"), "--name", "digits", "--header", header)
    #expect(outcome.succeeded, "\(outcome.standardError)")
    #expect(try String(contentsOfFile: header, encoding: .utf8).contains("int digits_run(digits_t *self"))
    #expect(try String(contentsOfFile: path("net.c"), encoding: .utf8).contains("#include \"api.h\""))
  }

  @Test func verifyUnchangedSeesStaleFiles() throws {
    let arguments = [Fixtures.path("tfjs/cnn/model.json"), "-o", path("net.c")]
    #expect(try ChildProcess(Products.command, arguments + ["--verify-unchanged"]).run().ending == .exited(1))
    #expect(try ChildProcess(Products.command, arguments).run().succeeded)
    #expect(try ChildProcess(Products.command, arguments + ["--verify-unchanged"]).run().succeeded)
    try "stale".write(toFile: path("net.h"), atomically: true, encoding: .utf8)
    let outcome = try ChildProcess(Products.command, arguments + ["--verify-unchanged"]).run()
    #expect(outcome.ending == .exited(1) && outcome.standardError.contains("net.h"))
  }

  @Test func whatCannotBeReadLeavesNothingBehind() throws {
    try "{\"class_name\": \"Sequential\", \"config\": [{\"class_name\": \"Mystery\", \"config\": {\"name\": \"m\"}}]}"
      .write(toFile: path("model.json"), atomically: true, encoding: .utf8)
    for model in [path("model.json"), path("missing.json"), folder.path] {
      let outcome = try run(model, "-o", path("out.c"), "--manifest", path("out.json"))
      #expect(outcome.ending == .exited(1), "\(model): \(outcome.standardError)")
      #expect(outcome.standardError.contains("error:") && outcome.standardError.contains("hint:"), "\(outcome.standardError)")
    }
    #expect(files == ["model.json"])
  }

  @Test func anOutputFolderThatIsMissingIsNamed() throws {
    let outcome = try run(Fixtures.path("tfjs/cnn/model.json"), "-o", path("nowhere/net.c"))
    #expect(outcome.ending == .exited(1) && outcome.standardError.contains("nowhere"))
    #expect(files.isEmpty)
  }

  @Test(arguments: [
    ["--target", "vax"], ["--dim", "T"], ["--dim", "=3"], ["--batch", "0"], ["--dump-after", "nothing"], ["--unknown"],
    ["--dim", "a=1", "--dim", "a=2"],
  ])
  func wrongUsageIsRefused(arguments: [String]) throws {
    let outcome = try ChildProcess(Products.command, [Fixtures.path("tfjs/cnn/model.json"), "-o", path("net.c")] + arguments).run()
    #expect(outcome.ending == .exited(64), "\(arguments): \(outcome.ending) \(outcome.standardError)")
    #expect(files.isEmpty)
  }

  @Test func checkPrintsARowForEachLayer() throws {
    let outcome = try run("check", Fixtures.path("tfjs/cnn/model.json"))
    #expect(outcome.succeeded, "\(outcome.standardError)")
    #expect(outcome.standardOutput.contains("max rel") && outcome.standardOutput.contains("agree"))
  }

  @Test func aCheckThatFailsNamesTheLayerAndExitsWithTwo() throws {
    let outcome = try run("check", Fixtures.path("tfjs/cnn/model.json"), "--tolerance", "1e-30", "--target", "x86-64-v4")
    #expect(outcome.ending == .exited(2))
    #expect(outcome.standardOutput.contains("first divergence: "))
  }

  @Test func inspectShowsLayersAndMemory() throws {
    let outcome = try run("inspect", Fixtures.path("tfjs/cnn/model.json"))
    #expect(outcome.succeeded, "\(outcome.standardError)")
    for word in ["parameters", "MACs", "arena", "lower bound"] { #expect(outcome.standardOutput.contains(word)) }
  }

  @Test func inspectShowsWhereTheTimeGoes() throws {
    let model = Fixtures.path("tfjs/cnn/model.json")
    let outcome = try run("inspect", model, "--profile", "--repeat", "3", "--cc", "gcc -O1", "--peak", "10")
    #expect(outcome.succeeded, "\(outcome.standardError)")
    for word in ["GFLOP/s", "of peak", "share", "layers", "median of 3 runs", "gcc -O1", "10.0 GFLOP/s"] {
      #expect(outcome.standardOutput.contains(word), "\(outcome.standardOutput)")
    }
  }

  @Test(arguments: ["inline", "incbin", "bind"])
  func theProfileIsJSONToo(weights: String) throws {
    let outcome = try run(
      "inspect", Fixtures.path("tfjs/cnn/model.json"), "--profile", "--repeat", "3", "--json", "--weights", weights, "--target", "native")
    #expect(outcome.succeeded, "\(outcome.standardError)")
    let profile = try #require(try JSONSerialization.jsonObject(with: Data(outcome.standardOutput.utf8)) as? [String: Any])
    let layers = try #require(profile["layers"] as? [[String: Any]])
    #expect(profile["runs"] as? Int == 3 && profile["peak_gflops"] as? Double ?? 0 > 0)
    #expect(layers.count > 1 && layers.allSatisfy { $0["calls"] as? Int == 1 && $0["ns"] as? Double ?? -1 >= 0 })
    let shares = layers.compactMap { $0["share"] as? Double }.reduce(0, +)
    #expect(abs(shares - 1) < 1e-6)
  }

  @Test func aProfileThatCannotBeTakenSaysWhy() throws {
    let outcome = try run("inspect", Fixtures.path("tfjs/cnn/model.json"), "--profile", "--cc", "no-such-compiler -O3")
    #expect(outcome.ending == .exited(1) && outcome.standardError.contains("no-such-compiler"), "\(outcome.standardError)")
    for arguments in [["--repeat", "3"], ["--profile", "--repeat", "0"], ["--profile", "--peak", "-1"], ["--graph", "--json"]] {
      let refused = try ChildProcess(Products.command, ["inspect", Fixtures.path("tfjs/cnn/model.json")] + arguments).run()
      #expect(refused.ending == .exited(64), "\(arguments)")
    }
  }

  @Test func dumpsShowWhatAPassChanged() throws {
    let outcome = try run(
      Fixtures.path("tfjs/cnn/model.json"), "-o", path("net.c"), "--dump-after", "fuse-epilogues", "--dump-after", "pack-weights")
    #expect(outcome.succeeded, "\(outcome.standardError)")
    #expect(outcome.standardOutput.contains("after fuse-epilogues:\ngraph"))
  }

  @Test func helpTeaches() throws {
    let outcome = try run("--help")
    #expect(outcome.succeeded)
    for word in ["check", "inspect", "compile", "Exit codes"] { #expect(outcome.standardOutput.contains(word)) }
  }
}

/// Where the build put the command: beside the bundle of tests that is running.
enum Products {
  static let command = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent("swiftdl-compile")
    .path
}
