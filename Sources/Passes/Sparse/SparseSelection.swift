import GraphIR
import LoopIR
import Operators
import Targets
import Tensors

extension GraphPass {
  /// Kernels that leave zeros out, where the cost model says that they are faster and smaller.
  package static func chooseSparse(for target: Target) -> GraphPass {
    GraphPass(
      "choose-sparse", "Layers with weights of many zeros keep the other weights only, where that is faster and smaller.",
      .within(2e-5)
    ) { (graph) throws(Diagnostic) in
      try graph.edit { (editor, node) throws(Diagnostic) in editor.place(try editor.sparse(node, target) ?? node) }
    }
  }
}

extension Editor {
  fileprivate mutating func sparse(_ node: Node, _ target: Target) throws(Diagnostic) -> Node? {
    guard let layer = SparseLayer(node, in: graph) else { return nil }
    let readers = isReadHereOnly(layer.weights) ? 1 : 2
    guard let choice = SparseChoice(node, in: graph, readers: readers, for: target) else { return nil }
    let name = graph[layer.weights].name
    var result = node
    let tables: [(String, Tensor)]
    switch choice.kernel {
    case .dense: return nil
    case .lookups(let steps):
      result.op = SparseProduct(outputs: layer.outputs)
      tables = [
        (name, steps.values), ("\(name).numbers", steps.numbers), ("\(name).starts", steps.starts), ("\(name).bounds", steps.bounds),
      ]
    case .dots(let steps):
      result.op = SparseDots(outputs: layer.outputs, staysInside: true)
      tables = [
        (name, steps.values), ("\(name).numbers", steps.numbers), ("\(name).starts", steps.starts), ("\(name).bounds", steps.bounds),
      ]
    case .rows(let rows):
      result.op = SparseRows(taps: layer.seen.taps, window: layer.seen.window, staysInside: true)
      tables = [(name, rows.values), ("\(name).steps", rows.steps), ("\(name).bounds", rows.bounds)]
    case .literals(let product):
      result.op = product
      tables = []
    }
    result.label = result.op.name + node.label.dropFirst(node.op.name.count)
    result.moveBiasToEpilogue(graph)
    if let input = node.inputs[0] { result.inputs[0] = try padded(input, layer.window, name: node.name) }
    result.inputs.replaceSubrange(1...1, with: tables.map { addConstant($0.0, $0.1) })
    return result
  }
}

extension Node {
  /// What a layer adds to its sums becomes the first part of its epilogue.
  fileprivate mutating func moveBiasToEpilogue(_ graph: Graph) {
    let own = operatorInputs
    guard own.count > 2, let bias = own[2] else {
      if own.count > 2 { inputs.remove(at: 2) }
      return
    }
    let dtype = graph.type(bias).dtype
    let sum = ElementwiseBody.input(0, dtype) + ElementwiseBody.input(1, dtype)
    let moved = epilogueInputs.enumerated().map {
      ("x\($0.offset + 1)", ElementwiseBody.input($0.offset + 2, graph.type($0.element).dtype))
    }
    let body = epilogue?.body.body.substituting(Dictionary(uniqueKeysWithValues: [("x0", sum)] + moved)) ?? sum
    epilogue = Epilogue(ElementwiseBody(body), operandCount: 1 + moved.count)
  }
}

extension Graph {
  /// The matrix of float32 that a node multiplies one row with, if more than half of it is zero.
  func mostlyZeroMatrix(_ node: Node) -> Tensor? {
    guard let layer = SparseLayer(node, in: self), layer.hasOneRow, layer.matrix.dtype == .float32 else { return nil }
    return 2 * layer.zeros > layer.matrix.count ? layer.matrix : nil
  }
}
