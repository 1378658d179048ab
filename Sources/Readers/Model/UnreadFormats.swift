import Containers
import Tensors

/// Files that people have in hand under a model's name, and what to do about each.
enum UnreadFormats {
  static func problem(_ source: ModelSource, _ path: String) -> Diagnostic {
    switch source {
    case .json(let json): return problem(json)
    case .zip(let archive): return problem(archive, path)
    case .hdf5(let file): return problem(file, path)
    case .onnx:
      return Diagnostic("an ONNX model without a graph", hint: "export it again", place: Place(file: path))
    case .other(let kind, _):
      let (found, hint) = description(kind)
      return Diagnostic(found, hint: hint, place: Place(file: path))
    }
  }

  private static func problem(_ json: JSONValue) -> Diagnostic {
    for row in rows where row.keys.allSatisfy({ json[$0] != nil }) { return json.problem(row.found, hint: row.hint) }
    return json.problem("a JSON file that holds no known model: \(json.summary)", hint: expected)
  }

  private static let expected =
    "expected is a model.json of TensorFlow.js, what to_json() of Keras writes, a .keras or .h5 file, or swiftdl's own JSON (docs/json-format.md)"

  private struct Row {
    let keys: [String]
    let found: String
    let hint: String
  }

  private static let rows = [
    Row(
      keys: ["modelTopology"], found: "a TensorFlow.js graph model, which holds TensorFlow operations instead of layers",
      hint: "convert the original Keras model with tensorflowjs_converter --output_format tfjs_layers_model, or save it as .keras"),
    Row(
      keys: ["weightsManifest"], found: "a manifest of weights without a topology",
      hint: "this is a graph model of early TensorFlow.js; save the original Keras model as .keras"),
    Row(
      keys: ["architecture", "trainable_params"], found: "a model of frugally-deep",
      hint: "read the Keras model that it was converted from"),
    Row(keys: ["in_shape", "layers"], found: "a model of RTNeural", hint: "read the Keras model that it was exported from"),
    Row(
      keys: ["textures"], found: "a block or item model of Minecraft, which is no neural network", hint: expected),
    Row(keys: ["elements"], found: "a block or item model of Minecraft, which is no neural network", hint: expected),
    Row(keys: ["metadata", "geometries"], found: "a three.js scene, which is no neural network", hint: expected),
    Row(keys: ["__metadata__"], found: "the header of a safetensors file", hint: expected),
    Row(
      keys: ["layers", "inputs", "outputs"], found: "a model of lwtnn or a tool like it",
      hint: "read the Keras model that it was converted from"),
    Row(keys: ["layer_names"], found: "a list of layers without their configuration", hint: expected),
  ]

  private static func problem(_ archive: ZipArchive, _ path: String) -> Diagnostic {
    let place = Place(file: path)
    if archive.names.contains(where: { $0.hasSuffix("data.pkl") }) {
      return Diagnostic(
        "a pickled model of PyTorch, which can run any code when it is read",
        hint: "export it: torch.onnx.export, or its state_dict with safetensors and the graph as swiftdl's JSON", place: place)
    }
    if archive.names.contains(where: { $0.hasSuffix(".npy") }) {
      return Diagnostic(
        "arrays of NumPy without a topology", hint: "name the model; this file may be given with --model-weights", place: place)
    }
    return Diagnostic(
      "an archive that holds no Keras model; it has \(archive.names.prefix(6).joined(separator: ", "))", hint: expected, place: place)
  }

  private static func problem(_ file: HDF5File, _ path: String) -> Diagnostic {
    let place = Place(file: path)
    if LegacyWeights.isOne(file.root) || GroupedWeights.isOne(file.root) {
      return Diagnostic(
        "weights of Keras without the topology",
        hint: "name the model's JSON, and this file with --model-weights; or save the whole model as .keras",
        place: place)
    }
    return Diagnostic("an HDF5 file that holds no Keras model", hint: expected, place: place)
  }

  private static func description(_ kind: ContainerKind) -> (found: String, hint: String) {
    switch kind {
    case .tflite: ("a TensorFlow Lite model, which this version does not read", "save the Keras model that it was converted from as .keras")
    case .protobuf:
      (
        "a protobuf file that holds no ONNX model; TensorFlow's graphs are not read",
        "convert it to ONNX with tf2onnx, or save the model from Keras as .keras"
      )
    case .safetensors: ("weights without a graph", "name the graph's JSON, and this file with --model-weights")
    case .npy: ("an array of NumPy without a topology", expected)
    case .gzip: ("a compressed file", "unpack it with gunzip or tar first")
    case .pickle:
      ("a Python pickle, which can run any code when it is read", "export the model: torch.onnx.export from PyTorch, model.save from Keras")
    case .text: ("text that is no JSON", expected)
    case .json, .hdf5, .zip, .unknown: ("no known format of models", expected)
    }
  }
}
