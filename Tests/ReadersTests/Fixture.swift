import Containers
import GraphIR
import Readers
import Tensors

/// The fixtures of this folder, and how a model that was read is held against its test vectors.
enum Fixture {
  static let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/Fixtures"

  /// Names without extension of the topologies in `folder`, sorted.
  static func cases(_ name: String) -> [String] {
    files(name).filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
  }

  static func files(_ name: String) -> [String] { listing("\(folder)/\(name)") }

  /// Reads a model with every open extent as the test vectors have it.
  /// `topology` is the file that tells which they are, where the model itself is no JSON.
  static func read(_ path: String, rows: Int, weights: String? = nil, topology: String? = nil) throws -> ReadModel {
    var options = ReadOptions(modelWeights: weights)
    options.dims = Dictionary(uniqueKeysWithValues: openExtents(topology ?? path).map { ($0, .fixed(5)) })
    options.batch = hasOpenBatch(topology ?? path) ? .fixed(rows) : nil
    return try ModelReader.read(path, options)
  }

  /// The test vectors in a safetensors file, and how many rows their batch has.
  static func vectors(_ path: String) throws -> (tests: [TestVector], rows: Int) {
    let file = try Safetensors(readFile(path), file: path)
    func all(_ prefix: String) throws -> [Tensor] {
      try file.names.filter { $0.hasPrefix(prefix) }.indices.map { try file.tensor("\(prefix)\($0)") }
    }
    let (inputs, again) = (try all("input:"), try all("again:"))
    let first = TestVector(inputs: inputs, outputs: try all("output:"))
    let tests = again.isEmpty ? [first] : [first, TestVector(inputs: inputs, outputs: again, continues: true)]
    return (tests, inputs.first?.dims.first ?? 2)
  }

  /// The largest distance of the interpreter's outputs from the stored ones, as a share of the largest magnitude.
  static func distance(_ model: ReadModel) throws -> Double {
    var worst = 0.0
    var states: [Tensor]?
    let graph = model.graph
    for test in model.tests {
      if !test.continues { states = nil }
      let values = try Interpreter(graph).run(
        zip(graph.inputs, test.inputs).map { try converted($0.1, to: graph.type($0.0)) }, states: states)
      states = graph.states.compactMap { values[$0.output] }
      let outputs = graph.outputs.compactMap { values[$0.value] }
      guard outputs.count == test.outputs.count else { return .infinity }
      for (found, expected) in zip(outputs, test.outputs) { worst = max(worst, spread(found, expected)) }
    }
    return model.tests.isEmpty ? .infinity : worst
  }

  private static func converted(_ tensor: Tensor, to type: TensorType) throws -> Tensor {
    tensor.dtype == type.dtype ? tensor : Tensor(type.dtype, tensor.dims, tensor.doubles)
  }

  /// Types may differ (the vectors know no 64-bit integers), shapes may not; a scalar is stored as a list of one.
  private static func spread(_ found: Tensor, _ expected: Tensor) -> Double {
    guard found.dims == expected.dims || found.dims == [] && expected.dims == [1] else { return .infinity }
    let (x, y) = (found.doubles, expected.doubles)
    let scale = max(y.filter(\.isFinite).map(\.magnitude).max() ?? 0, 1e-30)
    return zip(x, y).reduce(0) { worst, pair in
      if pair.0 == pair.1 || pair.0.isNaN && pair.1.isNaN { return worst }
      let difference = (pair.0 - pair.1).magnitude / scale
      return difference.isFinite ? max(worst, difference) : .infinity
    }
  }
}

/// The open axes of the inputs in a file, as `--dim` names them.
private func openExtents(_ path: String) -> [String] {
  inputShapes(path).flatMap { name, shape in shape.indices.dropFirst().filter { shape[$0] == nil }.map { "\(name).\($0)" } }
}

private func hasOpenBatch(_ path: String) -> Bool { inputShapes(path).contains { !$0.shape.isEmpty && $0.shape[0] == nil } }

/// The inputs of the topology in a file, which may be a list of layers, or wrapped as TensorFlow.js does.
private func inputShapes(_ path: String) -> [(name: String, shape: [Int?])] {
  guard let whole = try? JSONValue(parsing: readFile(path)) else { return [] }
  let topology = whole["modelTopology"] ?? whole
  guard let config = (topology["model_config"] ?? topology)["config"], let layers = try? (config["layers"] ?? config).array()
  else { return [] }
  let inputs = layers.filter { (try? $0.string("class_name")) == "InputLayer" }
  return (inputs.isEmpty ? Array(layers.prefix(1)) : inputs).compactMap { layer in
    guard let config = layer["config"], let shape = config["batch_shape"] ?? config["batch_input_shape"],
      let name = try? config.string("name"), let extents = try? shape.array()
    else { return nil }
    return (inputs.isEmpty ? "\(name)_input" : name, extents.map { try? $0.int() })
  }
}
