import Containers
import GraphIR
import ONNXProto
import Tensors

/// Test data as ONNX keeps it beside a model: folders `test_data_set_0`, `test_data_set_1`, … of `input_0.pb`, … and `output_0.pb`, ….
struct ONNXTestVectors {
  let session: ReadSession
  let tensors: ONNXTensorReader

  /// The vectors of all folders; none where there are none. `names` are the inputs of the file in order, and `used` those that the graph has.
  func read(inputs names: [String], used: [String], outputCount: Int) throws(Diagnostic) -> [TestVector] {
    var vectors: [TestVector] = []
    while session.folder.contains("test_data_set_\(vectors.count)/output_0.pb") {
      let folder = "test_data_set_\(vectors.count)"
      var inputs: [Tensor] = []
      for name in used {
        guard let position = names.firstIndex(of: name) else { return vectors }
        inputs.append(try tensor("\(folder)/input_\(position).pb"))
      }
      let outputs = try (0..<outputCount).map { (position) throws(Diagnostic) in try tensor("\(folder)/output_\(position).pb") }
      vectors.append(TestVector(inputs: inputs, outputs: outputs, tolerance: Self.tolerance))
    }
    return vectors
  }

  /// The relative tolerance of ONNX's own runner.
  private static let tolerance = 1e-3

  private func tensor(_ name: String) throws(Diagnostic) -> Tensor {
    let bytes = try session.contents(named: name)
    do { return try tensors.tensor(try ONNXTensorProto(serializedBytes: bytes)) } catch let error as Diagnostic {
      throw error.inFile(name)
    } catch {
      throw Diagnostic("no tensor of ONNX: \(error)", hint: "write the test data again", place: Place(file: name))
    }
  }
}
