import Foundation
import Testing
import Validation

/// Quantisation as users meet it.
@Suite struct QuantisationCommandTests {
  private static let samples = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("samples/lenet5").path
  private let model = samples + "/model.json"
  private let data = samples + "/io.safetensors"
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("swiftdl-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  private func run(_ arguments: String...) throws -> ProcessOutcome {
    var command = ChildProcess(Products.command, arguments)
    command.timeout = .seconds(120)
    return try command.run()
  }

  /// An array as `numpy.save` writes it.
  private func npy(_ name: String, _ type: String, _ dims: [Int], _ bytes: [UInt8]) throws -> String {
    let shape = dims.map { "\($0)," }.joined()
    let header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(shape)), }\n"
    let file = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8) + bytes
    try Data(file).write(to: folder.appendingPathComponent(name))
    return path(name)
  }

  private func floats(_ values: [Float]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

  @Test func integersOfACheckedModelAgreeBitForBit() throws {
    let outcome = try run("check", model, "--quantize", "int8", "--calibrate", data, "--calibrate-with", "minmax")
    #expect(outcome.succeeded, "\(outcome.standardError)")
    #expect(outcome.standardOutput.contains("rows agree"))
  }

  @Test func theReportSaysWhatIntegersCostAndSave() throws {
    let outcome = try run(
      model, "-o", path("net.c"), "--quantize", "int8", "--calibrate", data, "--calibrate-rows", "2", "--report", path("net.json"))
    #expect(outcome.succeeded, "\(outcome.standardError)")
    #expect(outcome.standardOutput.contains("SQNR") && outcome.standardOutput.contains("no sum exceeds"))
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path("net.json")))) as? [String: Any]
    let report = try #require(json)
    let (before, now) = (report["float_weights_bytes"] as? Int ?? 0, report["weights_bytes"] as? Int ?? 0)
    #expect(now > 0 && before > 3 * now)
    #expect(report["macs"] as? Int == report["integer_macs"] as? Int)
    let ratios = (report["outputs"] as? [[String: Any]] ?? []).compactMap { $0["sqnr_db"] as? Double }
    #expect(ratios.count == 1 && ratios.allSatisfy { $0 > 25 }, "\(ratios)")
  }

  private func report(_ arguments: String...) throws -> [String: Any] {
    var command = ChildProcess(Products.command, [model, "-o", path("net.c"), "--report", path("net.json")] + arguments)
    command.timeout = .seconds(120)
    let outcome = try command.run()
    #expect(outcome.succeeded, "\(outcome.standardError)")
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path("net.json")))) as? [String: Any]
    return try #require(json)
  }

  private func ratios(_ report: [String: Any], _ list: String) -> [Double] {
    (report[list] as? [[String: Any]] ?? []).compactMap { $0["sqnr_db"] as? Double }
  }

  @Test func narrowWeightsAreReportedToo() throws {
    let blind = try report("--quantize", "int4-weights")
    #expect(blind["rows"] as? Int == 0 && ratios(blind, "layers") == [])
    let seeing = try report("--quantize", "int4-weights", "--report-data", data)
    #expect(seeing["rows"] as? Int != 0 && ratios(seeing, "outputs").allSatisfy { (15...50).contains($0) }, "\(seeing["outputs"] ?? "")")
    let types = (seeing["layers"] as? [[String: Any]] ?? []).compactMap { $0["weights"] as? String }
    #expect(types.contains("int4") && types.contains("int8"), "\(types)")
    let (before, now) = (seeing["float_weights_bytes"] as? Int ?? 0, seeing["weights_bytes"] as? Int ?? 0)
    #expect(now > 0 && before > 6 * now)
  }

  /// What pruning costs is not hidden behind what integers cost.
  @Test func outputsAreComparedWithTheWholeModel() throws {
    let pruned = try report("--prune", "magnitude:0.9")
    #expect(pruned["rows"] as? Int == 0 && (pruned["sparsity"] as? [Any])?.isEmpty == false)
    let dense = try report("--quantize", "int8", "--calibrate", data)
    let sparse = try report("--quantize", "int8", "--calibrate", data, "--prune", "magnitude:0.9")
    let (before, after) = (try #require(ratios(dense, "outputs").first), try #require(ratios(sparse, "outputs").first))
    #expect(before > 25 && after < 20, "\(before) and \(after)")
  }

  @Test func layersStayFloatUntilTheTargetIsMet() throws {
    let outcome = try run(
      model, "-o", path("net.c"), "--quantize", "int8", "--calibrate", data, "--report", path("net.json"), "--min-sqnr", "90")
    #expect(outcome.succeeded, "\(outcome.standardError)")
    #expect(outcome.standardOutput.contains("kept wide for accuracy"), "\(outcome.standardOutput)")
  }

  @Test func badDataIsRefusedWithWhatWasExpected() throws {
    let row = [Float](repeating: 0.5, count: 784)
    var stray = row
    stray[5] = .nan
    let cases: [(String, expected: String)] = [
      (try npy("shape.npy", "<f4", [2, 5], floats(Array(row.prefix(10)))), "float32[2, 5]"),
      (try npy("type.npy", "|u1", [1, 784], [UInt8](repeating: 1, count: 784)), "uint8"),
      (try npy("nan.npy", "<f4", [1, 28, 28, 1], floats(stray)), "element 5"),
      (try npy("empty.npy", "<f4", [0, 28, 28, 1], []), "no calibration data"),
      (path("nowhere.npz"), "nowhere.npz"),
    ]
    for (file, expected) in cases {
      let outcome = try run(model, "-o", path("net.c"), "--quantize", "int8", "--calibrate", file)
      #expect(outcome.ending == .exited(1) && outcome.standardError.contains(expected), "\(file): \(outcome.standardError)")
      #expect(!FileManager.default.fileExists(atPath: path("net.c")))
    }
  }

  @Test func labelsHaveToBeAsManyAsRows() throws {
    let labels = try npy("labels.npy", "<i4", [2], [1, 0, 0, 0, 2, 0, 0, 0])
    let outcome = try run(model, "-o", path("net.c"), "--quantize", "int8", "--calibrate", data, "--labels", labels)
    #expect(outcome.ending == .exited(1) && outcome.standardError.contains("the labels are int32[2]"), "\(outcome.standardError)")
  }

  @Test func flagsThatMeanNothingAloneAreRefused() throws {
    let lists = [
      ["--quantize", "int8"], ["--calibrate", data], ["--report", "r.json"], ["--min-sqnr", "30"], ["--report-data", data],
      ["--quantize", "int4-weights", "--labels", "labels"], ["--quantize", "int4-weights", "--min-sqnr", "30"],
    ]
    for arguments in lists {
      var command = ChildProcess(Products.command, [model, "-o", path("net.c")] + arguments)
      command.timeout = .seconds(60)
      #expect(try command.run().ending == .exited(64), "\(arguments)")
    }
  }

  @Test(
    arguments: ["generic", "x86-64-v3", "x86-64-v4", "aarch64-neon"],
    [["--precision", "bf16"], ["--quantize", "bf16-weights"], ["--quantize", "f16-weights"]])
  func weightsBecomeFloatsOf16BitsAndTheCAgrees(target: String, flags: [String]) throws {
    let arguments = ["check", model, "--target", target, "--runs", "1"] + flags
    var command = ChildProcess(Products.command, arguments)
    command.timeout = .seconds(120)
    let outcome = try command.run()
    #expect(outcome.succeeded && outcome.standardOutput.contains("rows agree"), "\(outcome)")
  }

  @Test(arguments: ["bf16-weights", "f16-weights"]) func halvesOfFloatsTakeHalfTheFlash(form: String) throws {
    let outcome = try run(model, "-o", path("net.c"), "--quantize", form, "--manifest", path("net.json"))
    #expect(outcome.succeeded, "\(outcome.standardError)")
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path("net.json")))) as? [String: Any]
    #expect((json?["weights_bytes"] as? Int).map { $0 < 125_000 && $0 > 115_000 } == true, "\(json ?? [:])")
  }

  /// Nothing that was packed is counted twice.
  @Test(arguments: ["generic", "x86-64-v4"], ["int8", "int16x8"]) func integersTakeAQuarterOfTheFlash(target: String, form: String) throws {
    let outcome = try run(
      model, "-o", path("net.c"), "--quantize", form, "--calibrate", data, "--manifest", path("net.json"), "--target", target)
    #expect(outcome.succeeded, "\(outcome.standardError)")
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path("net.json")))) as? [String: Any]
    #expect((json?["weights_bytes"] as? Int).map { $0 < 70_000 && $0 > 55_000 } == true, "\(json ?? [:])")
  }

  /// Products of pairs, which only this target sums.
  @Test func productsOfBFloat16Agree() throws {
    let outcome = try run("check", model, "--target", "x86-64-v4-bf16", "--precision", "bf16", "--runs", "1")
    #expect(outcome.succeeded && outcome.standardOutput.contains("rows agree"), "\(outcome)")
  }

  @Test func weightsAloneBecomeIntegersWithoutAnyData() throws {
    let outcome = try run(model, "-o", path("net.c"), "--quantize", "int8-weights")
    #expect(outcome.succeeded, "\(outcome.standardError)")
    #expect(try String(contentsOfFile: path("net.c"), encoding: .utf8).contains("const int8_t"))
  }
}
