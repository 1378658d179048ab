import GraphIR
import Operators
import Tensors

extension Editor {
  /// The axes of a transposition without an epilogue, for each of the output the one of the input, and what is transposed.
  func transposition(_ node: Node?) -> (source: ValueID, order: [Int])? {
    guard let node, let op = node.op as? Transpose, node.epilogue == nil, let source = node.inputs[0] else { return nil }
    return (source, op.order(type(source).rank))
  }

  /// What a node only gives another shape.
  func reshaped(_ node: Node?) -> ValueID? {
    guard let node, node.epilogue == nil, node.outputs.count == 1, let source = node.inputs.first ?? nil else { return nil }
    let aliasing = node.op.aliasing(graph.types(node.inputs), node.outputs.map { type($0) })
    return aliasing == .sameElements ? source : nil
  }

  /// The value under another shape of as many elements: itself where it has that shape, a constant where it is one.
  mutating func reshape(_ id: ValueID, to shape: Shape) throws(Diagnostic) -> ValueID {
    if type(id).shape == shape { return id }
    if let tensor = constant(id), let dims = shape.constants { return addConstant(graph[id].name, tensor.reshaped(dims)) }
    return try add(Reshape(exactly: shape), [id], name: graph[id].name + ".reshaped")
  }

  /// The value with its axes in another order; a constant where it is one.
  mutating func transpose(_ id: ValueID, _ order: [Int]) throws(Diagnostic) -> ValueID {
    if order == Array(order.indices) { return id }
    guard let tensor = constant(id) else { return try add(Transpose(order), [id], name: graph[id].name + ".transposed") }
    return addConstant(graph[id].name, try Transpose(order).evaluate([tensor])[0])
  }
}

extension [Int] {
  /// The permutation that takes this one back.
  var inverse: [Int] {
    var result = self
    for (axis, from) in enumerated() { result[from] = axis }
    return result
  }
}
