import GraphIR
import LoopIR
import Tensors

/// The input broadcast with a shape as NumPy does: extents of one, and missing leading axes, are repeated.
package struct Expand: Operator {
  package static let name = "expand"
  package static var attributes: [Attribute<Expand>] { [.dims("shape", \.target)] }
  package var target: Shape = []

  package init() {}
  package init(_ target: Shape) { self.target = target }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let x = try inputs.required(0)
    guard !target.contains(where: { ($0.constant ?? 0) < 0 }) else {
      throw Diagnostic("the shape \(target) is asked for", hint: "extents must be 0 or more")
    }
    return [TensorType(x.dtype, try Broadcasting.shape([x.shape, target]))]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    [Broadcasting.expanded(try inputs.required(0), to: try resultDims(inputs))]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let shape = operands.output.shape
    return loops("i", shape) { index in operands.store(index, operands.input(0).broadcast(index, to: shape)) }
  }

  package func aliasing(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Aliasing {
    inputs[0]?.shape.elementCount == outputs[0].shape.elementCount ? .sameElements : .none
  }

  package func substituting(_ dims: [String: Dim]) -> Expand { Expand(target.map { $0.substituting(dims) }) }
}
