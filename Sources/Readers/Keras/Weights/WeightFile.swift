import Containers
import Tensors

/// Opens a file of weights, whatever it is by its content.
enum WeightFile {
  static func open(_ bytes: [UInt8], _ path: String, _ session: ReadSession) throws(Diagnostic) -> any WeightStore {
    let name = path.split(separator: "/").last.map { String($0) } ?? path
    switch sniff(bytes) {
    case .hdf5: return try hdf5(try HDF5File(bytes, file: path).root, name, path)
    case .zip: return try zip(try ZipArchive(bytes, file: path), name, path)
    case .safetensors: return try safetensors(bytes, name, path, session)
    case .json:
      let json = try JSONValue(parsing: bytes, file: path)
      guard let manifest = json.optional("weightsManifest") else { throw json.problem("a JSON file without weights", hint: formats) }
      return try TFJSManifest.weights(manifest, session)
    case .pickle: throw Diagnostic("a pickled file can run any code when it is read", hint: formats, place: Place(file: path))
    case .npy, .protobuf, .tflite, .gzip, .text, .unknown:
      throw Diagnostic("no file of weights that can be read", hint: formats, place: Place(file: path))
    }
  }

  private static let formats = "weights come as .h5, .weights.h5, .keras or .safetensors; save them again with Keras as one of these"

  private static func hdf5(_ root: HDF5Group, _ name: String, _ path: String) throws(Diagnostic) -> any WeightStore {
    if LegacyWeights.isOne(root) { return try LegacyWeights.weights(source: name, root) }
    if GroupedWeights.isOne(root) { return try GroupedWeights(source: name, root) }
    throw Diagnostic(
      "an HDF5 file that Keras did not write; it has \(root.names.prefix(6).joined(separator: ", "))", hint: formats,
      place: Place(file: path))
  }

  static func zip(_ archive: ZipArchive, _ name: String, _ path: String) throws(Diagnostic) -> any WeightStore {
    if archive.contains("model.weights.h5") {
      let inner = "\(path)/model.weights.h5"
      return try hdf5(try HDF5File(archive.contents("model.weights.h5"), file: inner).root, "model.weights.h5 of \(name)", inner)
    }
    if archive.names.contains(where: { $0.hasSuffix(".npz") || $0.hasSuffix(".npy") }) {
      throw Diagnostic(
        "weights of NumPy, which Keras pickles: pickles can run any code when they are read", hint: formats, place: Place(file: path))
    }
    throw Diagnostic(
      "an archive without model.weights.h5; it has \(archive.names.prefix(6).joined(separator: ", "))", hint: formats,
      place: Place(file: path))
  }

  /// Test vectors that lie beside the weights are kept for `check`.
  private static func safetensors(
    _ bytes: [UInt8], _ name: String, _ path: String, _ session: ReadSession
  ) throws(Diagnostic) -> any WeightStore {
    let file = try Safetensors(bytes, file: path)
    session.tests += try StoredVectors.read(file)
    let weights = file.names.filter { !StoredVectors.isOne($0) }
    return NamedWeights(
      source: name,
      try weights.map { (name) throws(Diagnostic) in
        let tensor = try file.tensor(name)
        return StoredWeight(name: name, dims: tensor.dims) { () throws(Diagnostic) in tensor }
      })
  }
}
