import Foundation
import SwiftDL
import Testing
import Validation

/// Every layer and flag of Keras for which there is a fixture, from the file to the C: each layer against the reference, and outputs
/// against what Keras itself computed.
@Suite struct KerasFixtureTests {
  private static let readOtherwise: Set<String> = [
    "activations", "conv2d_channels_first", "conv3d_channels_first", "mask_through_maximum", "mask_through_multiply", "ops_pointwise",
  ]

  @Test(arguments: Fixtures.keras, ["generic", "x86-64-v4"])
  func theCComputesWhatTheReferenceDoes(name: String, target: String) throws {
    var compile = CompileOptions(name: "net")
    compile.target = target
    var options = CheckOptions(compile)
    options.runs = 2
    // The readers' tests list what is refused.
    guard let batch = (try? Fixtures.model(name))?.source.tests.first?.inputs.first?.dims.first else { return }
    let model = try Fixtures.model(name, batch: .fixed(batch))
    let report = try model.check(options)
    let first = report.firstDivergence
    let reference = report.layers.filter { !$0.passes && !$0.worstCase.hasPrefix("test") }
    #expect(reference.isEmpty, "\(reference.map(\.name))")
    // Where the reader itself answers otherwise, its own tests say so.
    if Self.readOtherwise.contains(name) { return }
    #expect(first == nil, "\(first?.name ?? "") (\(first?.operation ?? "")) with \(first?.worstCase ?? ""): \(first?.worstElement ?? "")")
  }
}

/// Small models that are committed for the readers' tests.
enum Fixtures {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("ReadersTests/Fixtures")

  static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  /// The names of all Keras 3 cases.
  static let keras: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: path("keras"))) ?? []
    return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
  }()

  /// A Keras 3 case with its own weights, every open extent settled as its test vectors have it.
  static func model(_ name: String, batch: Extent? = nil) throws -> Model {
    let dims = Dictionary(uniqueKeysWithValues: ["input_layer.1", "input_layer.2", "x.1"].map { ($0, Extent.fixed(5)) })
    let weights = path("keras/\(name).safetensors")
    for settled in [[:], dims, dims.filter { $0.key == "input_layer.1" }] {
      let options = ModelOptions(weights: weights, batch: batch, dims: settled)
      if let model = try? Model(contentsOf: path("keras/\(name).json"), options: options) { return model }
    }
    return try Model(contentsOf: path("keras/\(name).json"), options: ModelOptions(weights: weights, batch: batch))
  }
}
