import Containers
import Readers
import Tensors
import Testing

/// Models of Keras 1 and 2 and of TensorFlow.js, from every file in which they are stored.
@Suite struct KerasOldFormTests {
  @Test(arguments: Fixture.cases("keras2").filter { !refused.contains($0) })
  func answersAsKeras2Does(name: String) throws {
    try expectAnswers("keras2/\(name)", "keras2/\(name == "mlp.bare_list" ? "mlp" : name)", weights: ".safetensors")
  }

  @Test(arguments: refused.sorted())
  func refusesWhatItDoesNotKnow(name: String) {
    #expect(throws: Diagnostics.self) { try Fixture.read("\(Fixture.folder)/keras2/\(name).json", rows: 2) }
  }

  @Test(arguments: forms, [".h5", ".only_weights.h5", ".weights.h5", ".keras"])
  func readsWeightsOfKeras2FromEveryFile(name: String, ending: String) throws {
    try expectAnswers("keras2/\(name)", "keras2/\(name)", weights: ending)
  }

  @Test(arguments: forms, [".h5", ".keras"])
  func readsWholeModelsOfKeras2(name: String, ending: String) throws {
    try expectAnswers("keras2/\(name)", "keras2/\(name)", ending: ending)
  }

  @Test(arguments: ["convolutional", "recurrent"])
  func readsKeras1(name: String) throws {
    try expectAnswers("keras1/\(name)", "keras1/\(name)", weights: ".h5")
    try expectAnswers("keras1/\(name)", "keras1/\(name)", ending: ".whole.h5")
  }

  /// The vectors of quantised models are those of the restored weights.
  @Test(arguments: listing("\(Fixture.folder)/tfjs"))
  func readsTensorFlowJS(name: String) throws {
    try expectAnswers("tfjs/\(name)/model", "tfjs/\(name)/io")
  }

  /// `weights` is the ending of the file with the weights, `ending` that of the model.
  private func expectAnswers(_ name: String, _ vectors: String, weights: String? = nil, ending: String = ".json") throws {
    let path = "\(Fixture.folder)/\(name)"
    let (tests, rows) = try Fixture.vectors("\(Fixture.folder)/\(vectors).safetensors")
    let stem = vectors.hasSuffix("/io") ? path : "\(Fixture.folder)/\(vectors)"
    var model = try Fixture.read(path + ending, rows: rows, weights: weights.map { stem + $0 }, topology: "\(path).json")
    model.tests = tests
    #expect(model.graph.defects() == [])
    #expect(model.warnings == [])
    #expect(try Fixture.distance(model) < 1e-4, "\(name)\(ending) with \(weights ?? "its own weights")")
  }

  static let forms = ["attention", "cnn", "functional", "mlp", "nested", "recurrent"]

  /// Cases with a layer or function that is not read.
  static let refused: Set<String> = ["refused_lambda"]
}
