import Tensors

/// Reads weights once, checks them against what the topology expects, and keeps count of what was used. Problems are collected: the
/// layer goes on with zeros, so that the user sees all of them at once.
final class WeightLoader {
  private let store: (any WeightStore)?
  private let session: ReadSession
  private var cache: [Int: Tensor] = [:]
  /// Which layer object took a weight.
  private var owners: [Int: WeightPath] = [:]
  private var missing: [String] = []
  private var zeros: [Int: [UInt8]] = [:]
  private var bytesLeft = 1 << 30

  init(_ store: (any WeightStore)?, _ session: ReadSession) {
    self.store = store
    self.session = session
  }

  /// The groups of the layers of a model, for files that follow the attributes of Keras objects.
  func slots(_ layers: [(name: String, className: String)], in path: WeightPath) -> [String] {
    store?.slots(layers, in: path) ?? countedSlots(layers)
  }

  var hasNames: Bool { store?.hasNames ?? false }

  func has(_ path: WeightPath, _ names: [String], position: Int) throws(Diagnostic) -> Bool {
    try store?.find(path, names: names, position: position) != nil
  }

  func pass(_ path: WeightPath, _ names: [String], position: Int) {
    if let index = try? store?.find(path, names: names, position: position) { owners[index] = path }
  }

  func dims(_ path: WeightPath, _ names: [String], position: Int) throws(Diagnostic) -> [Int]? {
    guard let store, let index = try store.find(path, names: names, position: position) else { return nil }
    return store.all[index].dims
  }

  func load(_ path: WeightPath, _ names: [String], position: Int, dims: [Int]) throws(Diagnostic) -> Tensor {
    let name = names.first ?? ""
    guard let count = elementCount(dims) else {
      throw Diagnostic("the weight \"\(name)\" would have the shape \(dims)", hint: "a tensor holds fewer than 2^31 elements")
    }
    guard let store else {
      missing.append("\(path)/\(name)")
      return try placeholder(dims, count)
    }
    guard let index = try store.find(path, names: names, position: position) else {
      session.report(lacking(name, path, dims, store))
      return try placeholder(dims, count)
    }
    let weight = store.all[index]
    // Some writers turn a scalar into a vector of one element.
    guard weight.dims == dims || dims.isEmpty && weight.dims == [1] else {
      session.report(mismatch(name, path, dims, weight, store))
      owners[index] = path
      return try placeholder(dims, count)
    }
    try claim(index, path, weight.name, store)
    if let known = cache[index] { return known }
    let tensor = inFloat32(try weight.load()).reshaped(dims)
    warnOfNonFinite(tensor, weight.name, store)
    cache[index] = tensor
    return tensor
  }

  /// Two layers do not share a weight: a file that seems to say so fits the topology badly.
  private func claim(_ index: Int, _ path: WeightPath, _ name: String, _ store: any WeightStore) throws(Diagnostic) {
    if let owner = owners.updateValue(path, forKey: index), owner != path {
      throw Diagnostic(
        "the weight \"\(name)\" of \(store.source) fits both \"\(owner)\" and \"\(path)\"",
        hint: "is this the file that belongs to the model?")
    }
  }
}

extension WeightLoader {
  /// Stands for a weight with a problem that is reported. A topology may ask for any number of bytes: beyond a limit the layer is left
  /// out instead.
  private func placeholder(_ dims: [Int], _ count: Int) throws(Diagnostic) -> Tensor {
    if let known = zeros[count] { return Tensor(.float32, dims, bytes: known) }
    guard count * 4 <= bytesLeft else { throw KerasSkip.diagnostic }
    bytesLeft -= count * 4
    let bytes = [UInt8](repeating: 0, count: count * 4)
    zeros[count] = bytes
    return Tensor(.float32, dims, bytes: bytes)
  }

  private func elementCount(_ dims: [Int]) -> Int? {
    dims.reduce(1 as Int?) { product, extent in
      guard let product, extent >= 0 else { return nil }
      let (value, overflow) = product.multipliedReportingOverflow(by: extent)
      return overflow || value >= 1 << 31 ? nil : value
    }
  }

  private func lacking(_ name: String, _ path: WeightPath, _ dims: [Int], _ store: any WeightStore) -> Diagnostic {
    Diagnostic(
      "the weight \"\(name)\" of the shape \(dims) is not in \(store.source)",
      hint: store.summary(near: path.steps.last?.names.first ?? ""), place: Place(path: ["layer \"\(path)\""]))
  }

  private func mismatch(_ name: String, _ path: WeightPath, _ dims: [Int], _ weight: StoredWeight, _ store: any WeightStore) -> Diagnostic {
    Diagnostic(
      "the weight \"\(name)\" has the shape \(weight.dims) in \(store.source) (\"\(weight.name)\"), \(dims) is expected",
      hint: "topology and weights belong to different models, or one of them was edited", place: Place(path: ["layer \"\(path)\""]))
  }

  private func inFloat32(_ tensor: Tensor) -> Tensor {
    tensor.dtype == .float32 ? tensor : Tensor(floats: tensor.floats, tensor.dims)
  }

  private func warnOfNonFinite(_ tensor: Tensor, _ name: String, _ store: any WeightStore) {
    let count = tensor.floats.count { !$0.isFinite }
    if count > 0 {
      session.report(.warning("the weight \"\(name)\" of \(store.source) holds \(count) numbers that are NaN or infinite"))
    }
  }

  /// Says what is wrong with the weights as a whole, once all layers have taken theirs.
  func finish() {
    if !missing.isEmpty { session.report(nowhere()) }
    guard let store else { return }
    let unused = store.all.indices.filter { owners[$0] == nil }.map { store.all[$0].name }
    if !unused.isEmpty {
      let shown = unused.prefix(6).joined(separator: ", ") + (unused.count > 6 ? ", …" : "")
      session.report(.warning("\(unused.count) weights of \(store.source) are not used: \(shown)"))
    }
  }

  private func nowhere() -> Diagnostic {
    Diagnostic(
      "the model has \(missing.count) weights (\(missing.prefix(4).joined(separator: ", "))\(missing.count > 4 ? ", …" : "")) and no file with them is beside it",
      hint: "name the file with --model-weights: a .h5, .weights.h5, .keras or .safetensors that was saved with the model")
  }
}
