import Containers
import Tensors

/// A model as its configuration describes it, in the form of the functional API; a Sequential model becomes a chain.
struct KerasModelSpec {
  var name: String
  var layers: [KerasLayerSpec]
  var inputs: KerasArgumentSpec
  var outputs: KerasArgumentSpec
}

/// A layer, or an operator node of Keras 3, with its calls.
struct KerasLayerSpec {
  var name: String
  var className: String
  /// Where Keras has the class: `keras.layers`, `keras.src.ops.numpy`. Before Keras 3 there is none.
  var module: String?
  /// The object in the file.
  var json: JSONValue
  var config: JSONValue
  var calls: [KerasCallSpec] = []
  /// The model that the layer is.
  var model: KerasModelSpec?

  /// As messages name it.
  var title: String { "layer \"\(name)\" (\(className))" }
  /// A layer of the user's tensors, with a shape and no calls.
  var isInput: Bool { className == "InputLayer" }
}

struct KerasCallSpec {
  var arguments: [KerasArgumentSpec] = []
  var keywords: [String: KerasArgumentSpec] = [:]

  /// The tensors that the call reads.
  var references: [KerasReference] { arguments.flatMap(\.references) + keywords.values.flatMap(\.references) }
}

/// A tensor: the output `tensor` of call `call` of a layer.
struct KerasReference: Hashable {
  var layer: String
  var call: Int
  var tensor: Int
}

/// An argument of a call as it is written.
indirect enum KerasArgumentSpec {
  case tensor(KerasReference)
  case list([KerasArgumentSpec])
  case dictionary([(key: String, value: KerasArgumentSpec)])
  case literal(JSONValue)

  var references: [KerasReference] {
    switch self {
    case .tensor(let reference): [reference]
    case .list(let elements): elements.flatMap(\.references)
    case .dictionary(let members): members.flatMap(\.value.references)
    case .literal: []
    }
  }

  /// The same with every reference replaced.
  func mapReferences(_ transform: (KerasReference) -> KerasReference) -> KerasArgumentSpec {
    switch self {
    case .tensor(let reference): .tensor(transform(reference))
    case .list(let elements): .list(elements.map { $0.mapReferences(transform) })
    case .dictionary(let members): .dictionary(members.map { ($0.key, $0.value.mapReferences(transform)) })
    case .literal: self
    }
  }
}
