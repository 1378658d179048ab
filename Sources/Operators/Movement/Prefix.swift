import GraphIR
import LoopIR
import Tensors

/// The elements whose indices are below the extents of `shape`, which are not more than those of the input. They may be open or
/// computed, so that what an operator fills in part becomes a tensor of its own.
package struct Prefix: Operator {
  package static let name = "prefix"
  package static var attributes: [Attribute<Prefix>] { [.dims("shape", \.shape)] }
  package var shape: Shape = []

  package init() {}
  package init(_ shape: Shape) { self.shape = shape }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    guard shape.count == x.rank, zip(shape, x.shape).allSatisfy({ ($0.constant ?? 0) >= 0 && (($1 - $0).constant ?? 0) >= 0 }) else {
      throw Diagnostic("the first \(shape) elements of \(x)", hint: "there must be one extent for each axis, from 0 to that of the input")
    }
    return [TensorType(x.dtype, shape)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    [try inputs.required(0).rearranged(try resultDims(inputs)) { $0 }]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    loops("i", operands.output.shape) { operands.store($0, operands.input(0)[$0]) }
  }

  package func aliasing(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Aliasing {
    .view(shape.indices.map { ViewAxis($0) })
  }

  package func nonNegative(_ inputs: [TensorType?]) -> [Dim] { inputs[0].map { zip($0.shape, shape).map { $0 - $1 } } ?? [] }

  package func substituting(_ dims: [String: Dim]) -> Prefix { Prefix(shape.map { $0.substituting(dims) }) }
}
