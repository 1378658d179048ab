import Containers
import Tensors

/// `.weights.h5` and the file inside `.keras`: one group per Keras object, addressed by attributes, weights numbered in `vars`.
struct GroupedWeights: WeightStore {
  let source: String
  let hasNames = false
  let all: [StoredWeight]
  private let byPath: [String: Int]
  /// Every beginning of a path that ends in `/`.
  private let groups: Set<String>
  /// The layer names that the file keeps as attributes of `vars`, by the group of the layer.
  private let layerNames: [String: String]

  /// `root` holds `layers` or, up to Keras 2.13, `_layer_checkpoint_dependencies`.
  init(source: String, _ root: HDF5Group) throws(Diagnostic) {
    self.source = source
    let datasets = try root.datasets().filter { !Self.isApart($0.path) }
    all = datasets.map { entry in
      StoredWeight(name: entry.path, dims: entry.dataset.dims) { () throws(Diagnostic) in try entry.dataset.tensor() }
    }
    byPath = Dictionary(datasets.enumerated().map { ($0.element.path, $0.offset) }, uniquingKeysWith: { first, _ in first })
    groups = Set(datasets.flatMap { Self.beginnings($0.path) })
    var names: [String: String] = [:]
    try Self.collectNames(root, &names)
    layerNames = names
  }

  /// Groups that hold no weights of layers.
  private static func isApart(_ path: String) -> Bool {
    path.hasPrefix("optimizer/") || path.hasPrefix("metrics/") || path.contains("seed_generator")
  }

  static func isOne(_ root: HDF5Group) -> Bool { containers.contains { root.contains($0) } }

  private static let containers = ["layers", "_layer_checkpoint_dependencies"]

  private static func collectNames(_ group: HDF5Group, _ names: inout [String: String]) throws(Diagnostic) {
    for container in containers where group.contains(container) {
      let layers = try group.group(container)
      for name in layers.names {
        guard case .group(let layer) = try layers.child(name) else { continue }
        if layer.contains("vars"), let label = try layer.group("vars").attribute("name")?.string() { names[layer.path] = label }
        try collectNames(layer, &names)
      }
    }
  }

  func find(_ path: WeightPath, names: [String], position: Int) throws(Diagnostic) -> Int? {
    groups(path).lazy.compactMap { byPath["\($0)vars/\(position)"] }.first
  }

  private static func beginnings(_ path: String) -> [String] {
    path.indices.filter { path[$0] == "/" }.map { String(path[...$0]) }
  }

  /// Every group of the file that may be meant, the most likely first.
  private func groups(_ path: WeightPath) -> [String] {
    path.steps.reduce([""]) { prefixes, step in
      prefixes.flatMap { prefix in step.slots.flatMap { slot in Self.spellings(slot).map { "\(prefix)\($0)/" } } }
        .filter(groups.contains)
    }
  }

  private static func spellings(_ slot: String) -> [String] {
    slot.hasPrefix("layers/") ? [slot, "_layer_checkpoint_dependencies/" + slot.dropFirst("layers/".count)] : [slot]
  }
}

extension GroupedWeights {
  /// By the layer names in the file where all of them are names of the model's layers, else by class and number. Keras itself only
  /// counts, but a topology that was edited or sorted still finds its weights by name.
  func slots(_ layers: [(name: String, className: String)], in path: WeightPath) -> [String] {
    let counted = countedSlots(layers)
    for prefix in groups(path) {
      let own = layerNames.filter { $0.key.hasPrefix(prefix) && !$0.key.dropFirst(prefix.count).contains("/vars") }
      let named = own.filter { group in group.key.dropFirst(prefix.count).split(separator: "/").count == 2 && hasWeights(group.key) }
      let known = Set(layers.map(\.name))
      guard !named.isEmpty, named.values.allSatisfy(known.contains), Set(named.values).count == named.count else { continue }
      let byName = Dictionary(named.map { ($0.value, String($0.key.dropFirst(prefix.count))) }, uniquingKeysWith: { first, _ in first })
      return zip(layers, counted).map { byName[$0.0.name] ?? "\($0.1)/absent" }
    }
    return counted
  }

  private func hasWeights(_ group: String) -> Bool { byPath.keys.contains { $0.hasPrefix(group + "/") } }
}

/// The groups of the layers of one model as Keras counts them.
func countedSlots(_ layers: [(name: String, className: String)]) -> [String] {
  var used: [String: Int] = [:]
  return layers.map { layer in
    let base = snakeCase(layer.className)
    let number = used[base, default: 0]
    used[base] = number + 1
    return "layers/" + (number == 0 ? base : "\(base)_\(number)")
  }
}

/// `SeparableConv2D` becomes `separable_conv2d`.
func snakeCase(_ name: String) -> String {
  let letters = Array(name.filter { $0.isLetter || $0.isNumber || $0 == "_" })
  var result = ""
  for (index, letter) in letters.enumerated() {
    let before = index > 0 ? letters[index - 1] : nil
    let after = index + 1 < letters.count ? letters[index + 1] : nil
    if letter.isUppercase, let before, before != "_", before.isLowercase || after?.isLowercase == true { result.append("_") }
    result.append(contentsOf: letter.lowercased())
  }
  return result
}
