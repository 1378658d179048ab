import GraphIR
import Tensors

extension Operator {
  /// The extents of output 0 for these inputs.
  package func resultDims(_ inputs: [Tensor?]) throws(Diagnostic) -> [Int] {
    let shape = try infer(inputs.map { $0?.type })[0].shape
    guard let dims = shape.constants else { throw Diagnostic("the extents \(shape) of the result are not settled") }
    return dims
  }
}
