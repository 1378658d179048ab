import GraphIR
import LoopIR
import Operators
import Tensors
import TestSupport

/// As `disagreement`, for a nest that is written while dimensions are open and run with the extents `dims`.
func openDisagreement(_ op: any Operator, _ types: [TensorType], dims: [String: Int], seed: UInt64) throws -> Double {
  var generator = SeededGenerator(seed)
  func settled(_ type: TensorType) -> [Int] { type.shape.map { $0.value(dims) ?? 0 } }
  let inputs = types.map { Tensor.random($0.dtype, settled($0), using: &generator) }
  let node = try LoweredNode(op, types)
  let written = node.outputs.map { Memory($0.dtype, count: settled($0).reduce(1, *)) }
  try KernelInterpreter.run(node.kernel, (inputs.map { Memory($0) } + written).map { (memory: $0, offset: 0) }, dims: dims)
  let actual = zip(node.outputs, written).map { $1.tensor(settled($0)) }
  return zip(try op.evaluate(inputs), actual).map { distance($0, $1) }.max() ?? 0
}
