import Containers
import Readers
import Tensors
import Testing

/// Every layer of Keras 3, with its flags: read, run by the interpreter, held against what Keras answered.
@Suite struct KerasLayerTests {
  @Test(arguments: Fixture.cases("keras").filter { !refused.contains($0) && !differing.contains($0) })
  func answersAsKerasDoes(name: String) throws {
    let model = try read(name)
    #expect(model.graph.defects() == [])
    #expect(try Fixture.distance(model) < tolerance(model), "\(name)")
  }

  /// Halves are rounded after each operator, and Keras and the interpreter sum in different orders.
  private func tolerance(_ model: ReadModel) -> Double {
    switch model.tests.first?.outputs.first?.dtype {
    case .float16: 4e-3
    case .bfloat16: 3e-2
    default: 1e-4
    }
  }

  @Test(arguments: refused.sorted())
  func refusesWhatItDoesNotKnow(name: String) {
    #expect(throws: Diagnostics.self) { try read(name) }
  }

  @Test(arguments: differing.sorted())
  func answersOtherwise(name: String) {
    withKnownIssue {
      let distance = try Fixture.distance(try read(name))
      #expect(distance < 1e-4)
    }
  }

  private func read(_ name: String) throws -> ReadModel {
    let path = "\(Fixture.folder)/keras/\(name)"
    // What is refused without a look at weights has none beside it.
    guard let bytes = try? readFile("\(path).safetensors") else { return try Fixture.read("\(path).json", rows: 2) }
    let vectors = try Safetensors(bytes)
    let rows = vectors.contains("input:0") ? try vectors.tensor("input:0").dims.first ?? 2 : 2
    return try Fixture.read("\(path).json", rows: rows, weights: "\(path).safetensors")
  }

  /// Cases with a layer or function that is not read; one that is read leaves the list.
  static let refused: Set<String> = [
    "hashed_crossing", "hashing", "hashing_salt", "policy_int8", "refused_custom_layer", "refused_lambda",
  ]

  /// TensorFlow adds the bias along the wrong axis where XLA runs a convolution with channels first.
  static let differing: Set<String> = ["conv3d_channels_first"]
}
