import Containers
import GraphIR
import Tensors

/// A tensor of a Keras model: a value of the graph, with the mask that Keras would carry along.
struct KerasTensor {
  var id: ValueID
  /// A bool value, false where a step is to be skipped.
  var mask: ValueID?

  init(_ id: ValueID, mask: ValueID? = nil) {
    self.id = id
    self.mask = mask
  }
}

/// An argument of a call as a layer gets it.
indirect enum KerasArgument {
  case tensor(KerasTensor)
  case list([KerasArgument])
  case dictionary([(key: String, value: KerasArgument)])
  case literal(JSONValue)

  /// All tensors, in order.
  var tensors: [KerasTensor] {
    switch self {
    case .tensor(let tensor): [tensor]
    case .list(let elements): elements.flatMap(\.tensors)
    case .dictionary(let members): members.flatMap(\.value.tensors)
    case .literal: []
    }
  }

  /// The elements of a list; a lone argument is a list of itself.
  var elements: [KerasArgument] {
    if case .list(let elements) = self { elements } else { [self] }
  }

  var tensor: KerasTensor? { if case .tensor(let tensor) = self { tensor } else { nil } }
  var literal: JSONValue? { if case .literal(let value) = self { value.isNull ? nil : value } else { nil } }
  var isNone: Bool { if case .literal(let value) = self { value.isNull } else { false } }
}
