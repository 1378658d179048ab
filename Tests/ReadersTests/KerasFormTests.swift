import Containers
import Readers
import Tensors
import Testing

/// The same models from every form in which Keras and TensorFlow.js store them.
@Suite struct KerasFormTests {
  static let forms = [
    "forms_attention", "forms_cells", "forms_cnn", "forms_functional", "forms_mlp", "forms_nested", "forms_recurrent",
  ]

  @Test(arguments: forms)
  func readsWeightsFromEveryFile(name: String) throws {
    let stem = "\(Fixture.folder)/keras/\(name)"
    let expected = try Fixture.read("\(stem).json", rows: 2, weights: "\(stem).safetensors")
    for ending in [".weights.h5", ".keras"] {
      var model = try Fixture.read("\(stem).json", rows: 2, weights: stem + ending)
      model.tests = expected.tests
      #expect(try Fixture.distance(model) < 1e-4, "\(ending)")
      #expect(model.warnings == [])
    }
  }

  @Test(arguments: forms)
  func readsAWholeArchive(name: String) throws {
    let stem = "\(Fixture.folder)/keras/\(name)"
    var model = try ModelReader.read("\(stem).keras", ReadOptions(batch: .fixed(2)))
    model.tests = try Fixture.read("\(stem).json", rows: 2, weights: "\(stem).safetensors").tests
    #expect(model.format == "Keras archive")
    #expect(try Fixture.distance(model) < 1e-4)
  }
}
