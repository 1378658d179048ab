import Containers
import GraphIR
import Lowering
import Passes
import Readers
import Tensors
import Testing

/// Thousands of damaged files. Each is refused with a message, or is a model that goes all the way down: nothing crashes or hangs.
@Suite struct BadInputMutationTests {
  /// The files of the folder `name` that end in one of `endings`.
  private static func files(_ name: String, _ endings: String...) -> [String] {
    Fixture.files(name).filter { file in endings.contains { file.hasSuffix($0) } }.map { "\(Fixture.folder)/\(name)/\($0)" }
  }

  private static let topologies = (files("keras", ".json") + files("keras1", ".json") + files("keras2", ".json")).enumerated()
    .filter { $0.offset % 3 == 0 }.map(\.element)
  private static let containers = files("keras", ".keras", ".h5") + files("keras1", ".h5") + files("keras2", ".keras", ".h5")

  /// The messages for a model, empty where it can be compiled.
  private func problems(_ path: String, weights: String?, _ seed: UInt64) -> [Diagnostic] {
    var options = ReadOptions(modelWeights: weights)
    if seed % 4 == 1 { options.batch = .upTo(1 << 16) }
    do {
      var graph = try ModelReader.read(path, options).graph
      try Pipeline.standard.run(on: &graph)
      _ = try Lowering { $0 }.lower(graph, name: "model")
      return []
    } catch {
      return (error as? Diagnostics)?.all ?? (error as? Diagnostic).map { [$0] } ?? []
    }
  }

  /// Gives what a test counts: how many files were refused.
  private func refusals(_ bytes: [UInt8], weights: String? = nil, seeds: Range<UInt64>, of name: String, _ damage: (UInt64) -> [UInt8])
    -> Int
  {
    seeds.count { seed in
      guard let path = temporaryFile(damage(seed)) else { return false }
      defer { removeFile(path) }
      let found = problems(path, weights: weights, seed)
      #expect(found.allSatisfy { !$0.message.isEmpty && $0.message != "left out because of the problems above" }, "\(name), seed \(seed)")
      return found.contains { $0.severity == .error }
    }
  }

  @Test func topologiesWithOddValues() throws {
    var refused = 0
    for file in Self.topologies {
      let text = try readFile(file)
      let weights = String(file.dropLast("json".count)) + "safetensors"
      refused += refusals(text, weights: weights, seeds: 0..<12, of: file) { Mutation.edited(text, seed: $0) }
    }
    #expect(refused > 3 * Self.topologies.count)
  }

  @Test func topologiesWithDamagedBytes() throws {
    for file in Self.topologies {
      let text = try readFile(file)
      _ = refusals(text, seeds: 0..<5, of: file) { Mutation.damaged(text, seed: $0) }
    }
  }

  @Test(arguments: containers) func damagedFilesOfTopologyAndWeights(file: String) throws {
    let bytes = try readFile(file)
    #expect(refusals(bytes, seeds: 0..<24, of: file) { Mutation.damaged(bytes, seed: $0) } > 0)
  }

  /// The weights are damaged, the topology is sound.
  @Test(arguments: ["forms_cnn.safetensors", "forms_cnn.weights.h5", "forms_recurrent.safetensors", "forms_recurrent.weights.h5"])
  func damagedWeights(file: String) throws {
    let folder = "\(Fixture.folder)/keras"
    let topology = "\(folder)/\(file.split(separator: ".")[0]).json"
    let bytes = try readFile("\(folder)/\(file)")
    for seed in 0..<60 as Range<UInt64> {
      let path = try #require(temporaryFile(Mutation.damaged(bytes, seed: seed)))
      defer { removeFile(path) }
      let found = problems(topology, weights: path, seed)
      #expect(found.allSatisfy { !$0.message.isEmpty }, "seed \(seed)")
      if seed % 3 == 0 { #expect(!found.isEmpty, "\(file) cut short, seed \(seed)") }
    }
  }

  @Test(arguments: ["mlp", "cnn_shards", "cnn_uint8", "recurrent"]) func damagedTensorFlowJS(name: String) throws {
    let source = "\(Fixture.folder)/tfjs/\(name)"
    let files = listing(source).filter { !$0.hasSuffix(".safetensors") }
    let folder = try NativeFolder()
    let contents = try files.map { try readFile("\(source)/\($0)") }
    for seed in 0..<80 as Range<UInt64> {
      let victim = Int(seed) % files.count
      for (position, file) in files.enumerated() {
        let isText = file.hasSuffix(".json") && seed % 2 == 0
        let damaged = isText ? Mutation.edited(contents[position], seed: seed) : Mutation.damaged(contents[position], seed: seed)
        try folder.write(file, position == victim ? damaged : contents[position])
      }
      #expect(problems("\(folder.path)/model.json", weights: nil, seed).allSatisfy { !$0.message.isEmpty }, "\(name), seed \(seed)")
    }
  }
}
