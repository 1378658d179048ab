import GraphIR
import LoopIR
import Tensors

/// The kernel of one node as the tests run it: inputs, outputs and workspaces as parameters, in that order.
package struct LoweredNode {
  package let kernel: Kernel
  package let outputs: [TensorType]
  package let workspaces: [TensorType]

  package init(_ op: any Operator, _ inputs: [TensorType?], epilogue: Epilogue? = nil, epilogueInputs: [TensorType] = []) throws(Diagnostic)
  {
    var inferred = try op.infer(inputs)
    if let epilogue { inferred[0].dtype = epilogue.body.dtype }
    outputs = inferred
    workspaces = op.workspaces(inputs, inferred)
    func views(_ prefix: String, _ types: [TensorType?]) -> [TensorView?] {
      types.enumerated().map { entry in
        entry.element.map { TensorView(Buffer("\(prefix)\(entry.offset)", $0.dtype, count: $0.storageCount), $0) }
      }
    }
    let (x, e, y, w) = (views("x", inputs), views("e", epilogueInputs), views("y", inferred), views("w", workspaces))
    let operands = Operands(
      inputs: x, outputs: y.compactMap { $0 }, workspaces: w.compactMap { $0 }, epilogue: epilogue, epilogueOperands: e.compactMap { $0 })
    let parameters =
      (x + e).compactMap { $0 }.map { Parameter($0.buffer, isWritten: false) }
      + (y + w).compactMap { $0 }.map { Parameter($0.buffer, isWritten: true) }
    kernel = Kernel("test", parameters, body: op.lower(operands))
  }

  /// Runs `kernel`, or another with the same parameters, in the interpreter of the loop IR. `dims` settles open dimensions.
  package func run(_ inputs: [Tensor], kernel: Kernel? = nil, dims: [String: Int] = [:]) throws(Diagnostic) -> [Tensor] {
    let read = inputs.map { Memory($0) }
    let written = (outputs + workspaces).map { Memory($0.dtype, count: $0.storageCount.value(dims) ?? 0) }
    try KernelInterpreter.run(kernel ?? self.kernel, (read + written).map { (memory: $0, offset: 0) }, dims: dims)
    return zip(outputs, written).map { $0.1.tensor($0.0.shape.compactMap { $0.value(dims) }) }
  }
}

/// The largest distance between the two meanings of an operator on random inputs, as a share of the largest magnitude.
/// `dims` settles the open dimensions of `types`.
package func disagreement(
  _ op: any Operator, _ types: [TensorType?], seed: UInt64, draw: Draw = .small, inputs given: [Int: Tensor] = [:],
  dims: [String: Int] = [:]
) throws -> Double {
  var generator = SeededGenerator(seed)
  let inputs = types.enumerated().map { entry in
    given[entry.offset] ?? entry.element.map { Tensor.random($0.dtype, $0.shape.compactMap { $0.value(dims) }, draw, using: &generator) }
  }
  let expected = try op.substituting(dims.mapValues { Dim($0) }).evaluate(inputs)
  let node = try LoweredNode(op, types)
  let actual = try node.run(inputs.compactMap { $0 }, dims: dims)
  guard expected.map(\.dtype) == node.outputs.map(\.dtype), expected.count == actual.count else { return .infinity }
  return zip(expected, actual).map { distance($0, $1) }.max() ?? 0
}

/// The largest difference as a share of the largest finite magnitude (at least 1e-30). A lone NaN, or an infinity that the other
/// does not have, is infinitely far.
package func distance(_ a: Tensor, _ b: Tensor) -> Double {
  guard a.type == b.type else { return .infinity }
  let (x, y) = (a.doubles, b.doubles)
  let scale = max(x.filter(\.isFinite).map(\.magnitude).max() ?? 0, 1e-30)
  var worst = 0.0
  for (p, q) in zip(x, y) where !(p == q || p.isNaN && q.isNaN) {
    guard p.isFinite, q.isFinite else { return .infinity }
    worst = max(worst, (p - q).magnitude / scale)
  }
  return worst
}
