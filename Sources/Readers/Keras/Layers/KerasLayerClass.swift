import Tensors

/// A layer class of Keras: its names, and how a call of it becomes nodes.
struct KerasLayerClass: Sendable {
  enum Masks: Sendable {
    /// Outputs carry the mask of the first input unless the function gave them one.
    case pass
    /// Outputs carry the masks that the function gave them.
    case own
  }

  typealias Emit = @Sendable (KerasLayerCall) throws(Diagnostic) -> [KerasTensor]

  /// The name in Keras 3 first, then older ones.
  let names: [String]
  let masks: Masks
  let emit: Emit

  init(_ names: String..., masks: Masks = .own, emit: @escaping Emit) {
    self.names = names
    self.masks = masks
    self.emit = emit
  }
}

/// Every layer class that can be read. A file of this folder holds one family.
enum KerasLayers {
  static let all: [KerasLayerClass] = [
    core, activations, merging, reshaping, convolutions, normalisation, pooling, recurrent, attention, einsum,
    rescaling, preparation, images,
  ]
  .flatMap { $0 }

  static let byName: [String: KerasLayerClass] = Dictionary(
    all.flatMap { entry in entry.names.map { ($0, entry) } }, uniquingKeysWith: { first, _ in first })
}
