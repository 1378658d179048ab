import Tensors

/// One weight of a file, not read yet.
struct StoredWeight {
  /// As the file calls it.
  let name: String
  let dims: [Int]
  let load: () throws(Diagnostic) -> Tensor
}

/// Weights by path. A layer asks with the name that Keras gives a weight and its position among the layer's own weights.
protocol WeightStore {
  /// The file or files, for messages.
  var source: String { get }
  /// Weights are found by their own names, not only by position.
  var hasNames: Bool { get }
  /// All weights.
  var all: [StoredWeight] { get }
  /// The position in `all` of a weight; `nil` where there is none.
  func find(_ path: WeightPath, names: [String], position: Int) throws(Diagnostic) -> Int?
  /// The groups of the layers of a model that is found at `path`.
  func slots(_ layers: [(name: String, className: String)], in path: WeightPath) -> [String]
}

extension WeightStore {
  func slots(_ layers: [(name: String, className: String)], in path: WeightPath) -> [String] { countedSlots(layers) }

  /// A few names of what is there, those of `layer` first, for messages.
  func summary(near layer: String) -> String {
    let names = all.map(\.name)
    let near = names.filter { $0.contains(layer) }
    let shown = (near.isEmpty ? names : near).prefix(8)
    return names.isEmpty
      ? "\(source) has no weights" : "\(source) has \(shown.joined(separator: ", "))\(names.count > shown.count ? ", …" : "")"
  }
}
