import Containers
import Tensors

/// The weights of a `.h5` file of Keras 1 and 2: a group for each layer, whose attribute `weight_names` lists its datasets.
enum LegacyWeights {
  static func isOne(_ root: HDF5Group) -> Bool {
    root.contains("model_weights") || ((try? root.attributeNames()) ?? []).contains { $0.hasPrefix("layer_names") }
  }

  static func weights(source: String, _ root: HDF5Group) throws(Diagnostic) -> NamedWeights {
    let group = root.contains("model_weights") ? try root.group("model_weights") : root
    var all: [StoredWeight] = []
    for layer in try strings("layer_names", group) {
      let layerGroup = try group.group(layer)
      for name in try strings("weight_names", layerGroup) {
        let dataset = try layerGroup.dataset(name)
        all.append(StoredWeight(name: "\(layer)/\(name)", dims: dataset.dims) { () throws(Diagnostic) in try dataset.tensor() })
      }
    }
    return NamedWeights(source: source, all)
  }

  /// A list of strings, which h5py cuts into `NAME0`, `NAME1`, … where it is long.
  private static func strings(_ name: String, _ group: HDF5Group) throws(Diagnostic) -> [String] {
    if let whole = try group.attribute(name) { return try whole.strings() }
    var all: [String] = []
    var part = 0
    while let chunk = try group.attribute("\(name)\(part)") {
      all += try chunk.strings()
      part += 1
    }
    return all
  }
}
