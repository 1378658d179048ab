import GraphIR
import Tensors

/// The weights of one layer object. Weights are asked for in the order in which Keras makes them, since some files only number them.
final class LayerWeights {
  let loader: WeightLoader
  let path: WeightPath
  private var position = 0

  init(_ loader: WeightLoader, _ path: WeightPath) {
    self.loader = loader
    self.path = path
  }

  /// The next weight, of the extents `dims`. `aliases` are names that older files use.
  func next(_ name: String, _ dims: [Int], aliases: [String] = []) throws(Diagnostic) -> Tensor {
    defer { position += 1 }
    return try loader.load(path, [name] + aliases, position: position, dims: dims)
  }

  /// The next weight, if the file has it.
  func optional(_ name: String, _ dims: [Int]) throws(Diagnostic) -> Tensor? {
    guard try loader.has(path, [name], position: position) else { return nil }
    return try next(name, dims)
  }

  /// The extents of a weight that only files with names tell from others.
  func namedDims(of names: [String]) throws(Diagnostic) -> [Int]? { loader.hasNames ? try dims(of: names) : nil }

  /// Passes a weight that plays no part when a model only runs.
  func pass(_ name: String) {
    loader.pass(path, [name], position: position)
    position += 1
  }

  /// The extents that the file has for the next weight.
  func dims(of names: [String]) throws(Diagnostic) -> [Int]? { try loader.dims(path, names, position: position) }

  /// The weights of an object within this one: its attribute (several if versions differ), and its names in files with names.
  func child(_ slots: [String], names: [String], isNumbered: Bool = false, isOptional: Bool = false) -> LayerWeights {
    LayerWeights(
      loader, path.appending(WeightPath.Step(names: names, isNumbered: isNumbered, isOptional: isOptional, slots: slots)))
  }
}
