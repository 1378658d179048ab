import GraphIR
import LoopIR
import Tensors

/// A vector of extents, which may be open: what ONNX's Shape gives. It has no inputs; the result is int64.
package struct Extents: Operator {
  package static let name = "extents"
  package static var attributes: [Attribute<Extents>] { [.dims("values", \.values)] }
  package var values: [Dim] = []

  package init() {}
  package init(_ values: [Dim]) { self.values = values }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] { [TensorType(.int64, [Dim(values.count)])] }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    guard let known = values.constants else { throw Diagnostic("the extents \(values) are not settled") }
    return [Tensor(.int64, [known.count], integers: known.map { Int64($0) })]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    values.enumerated().map { operands.store([.index($0.offset)], .cast(.int64, Expr($0.element))) }
  }

  package func substituting(_ dims: [String: Dim]) -> Extents { Extents(values.map { $0.substituting(dims) }) }
}
