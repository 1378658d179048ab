import Containers
import Tensors

/// Finds the weights of a topology that is a file of its own.
enum KerasWeightSearch {
  /// The file that the user names, else the first that lies beside the model under one of the usual names; `nil` if there is none.
  static func store(_ session: ReadSession) throws(Diagnostic) -> (any WeightStore)? {
    if let path = session.options.modelWeights { return try WeightFile.open(session.contents(ofPath: path), path, session) }
    for name in candidates(session.path) {
      guard let path = try? session.folder.resolve(name), path != session.path, let bytes = try? readFile(path) else { continue }
      guard [.hdf5, .zip, .safetensors].contains(sniff(bytes)) else { continue }
      return try WeightFile.open(session.contents(ofPath: path), path, session)
    }
    return nil
  }

  /// For `net.keras3.json`: `net.keras3.weights.h5`, …, `net.weights.h5`, …, `model.weights.h5`.
  static func candidates(_ path: String) -> [String] {
    let name = path.split(separator: "/").last.map { String($0) } ?? path
    var stems: [String] = []
    var stem = name
    while let dot = stem.lastIndex(of: "."), dot != stem.startIndex {
      stem = String(stem[..<dot])
      stems.append(stem)
    }
    let endings = [".weights.h5", "_weights.h5", ".h5", "_weights.hdf5", ".hdf5", ".keras", ".safetensors"]
    return (stems + ["model"]).flatMap { stem in endings.map { stem + $0 } } + ["weights.h5", "weights.safetensors"]
  }
}
