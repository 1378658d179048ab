import GraphIR
import Operators
import Tensors

extension GraphWriter {
  /// `[N, H, W, C]` at other extents, as Keras on TensorFlow has it.
  func resize(_ x: ValueID, _ extents: [Dim], kind: String, antialias: Bool, _ label: String) throws(Diagnostic) -> ValueID {
    guard let size = extents.constants, shape(x).dropFirst().dropLast().allSatisfy({ $0.constant != nil }) else {
      throw Diagnostic("\(type(x)) is resized to \(extents)", hint: "all extents have to be known; settle them with --dim NAME=VALUE")
    }
    let source = kind == "nearest" ? x : try floating(x, "\(label)/float")
    return try graph.addResizing(source, to: size, try .keras(kind, antialias: antialias), name: name(label))
  }
}
