import GraphIR
import Operators
import Targets
import Tensors

extension GraphPass {
  /// Where `target` has vectors.
  package static func leaveTransposes(for target: Target) -> GraphPass {
    GraphPass(
      "leave-transposes", "Images of a few channels stay as they are where only convolutions read them, one element at a time."
    ) { (graph) throws(Diagnostic) in
      guard target.lanes > 1 else { return }
      let (readers, results) = (graph.readers, graph.results)
      for (position, node) in graph.nodes.enumerated() {
        guard var op = node.op as? Transpose, let id = node.outputs.first, let reading = readers[id], !results.contains(id) else {
          continue
        }
        guard let channels = graph.type(id).shape.last?.constant, channels <= 4, graph.type(id).dtype == .float32 else {
          continue
        }
        guard reading.allSatisfy({ graph.nodes[$0].readsElements(of: id, graph, lanes: target.lanes) }) else { continue }
        op.staysInPlace = true
        graph.nodes[position].op = op
      }
    }
  }

  package static let permuteWeights = GraphPass(
    "permute-weights", "What is transposed and flattened before a product with known weights is not transposed: the rows of these are.",
    .within(1e-5)
  ) { (graph) throws(Diagnostic) in
    try graph.edit { (editor, node) throws(Diagnostic) in editor.place(try editor.untransposed(node) ?? node) }
  }
}

extension Node {
  /// A convolution in which each element of the value meets a vector of weights.
  fileprivate func readsElements(of id: ValueID, _ graph: Graph, lanes: Int) -> Bool {
    guard let op = op as? Convolution, op.groups == 1, inputs.lastIndex(of: id) == 0 else { return false }
    return graph.type(outputs[0]).shape.last?.constant ?? 0 >= lanes
  }
}

extension Editor {
  /// Beyond, to hold the weights twice costs more than it saves.
  private static let mostWeights = 1 << 24

  /// The product of what is flattened as it lies with permuted weights.
  fileprivate mutating func untransposed(_ node: Node) throws(Diagnostic) -> Node? {
    guard let op = node.op as? MatMul, !op.transposeA, !op.transposeB, let a = node.inputs[0], let b = node.inputs[1] else { return nil }
    guard let weights = constant(b), weights.rank == 2, weights.count <= Self.mostWeights, otherReaders(of: b) == 0 else { return nil }
    guard isReadHereOnly(a), let flat = reshaped(producer(of: a)), otherReaders(of: flat) == 1, !isResult(flat),
      let (source, order) = transposition(producer(of: flat))
    else { return nil }
    let shape = type(flat).shape
    // Axes that become the rows stay in front.
    guard let kept = shape.indices.first(where: { Array(shape[$0...]).elementCount == Dim(weights.dims[0]) }),
      Array(order[..<kept]) == Array(0..<kept), let dims = Array(shape[kept...]).constants
    else { return nil }
    let back = order[kept...].map { $0 - kept }.inverse
    let permuted = try Transpose(back + [dims.count]).evaluate([weights.reshaped(dims + [weights.dims[1]])])[0]
    removeProducer(of: a)
    removeProducer(of: flat)
    var result = node
    result.inputs[0] = try reshape(source, to: type(a).shape)
    result.inputs[1] = addConstant(graph[b].name + ".permuted", permuted.reshaped(weights.dims))
    return result
  }
}
