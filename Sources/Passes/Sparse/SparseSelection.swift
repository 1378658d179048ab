import GraphIR
import Operators
import Targets
import Tensors

extension GraphPass {
  /// Where `target` looks elements up.
  package static func chooseSparse(for target: Target) -> GraphPass {
    GraphPass(
      "choose-sparse", "Products of few rows with matrices of many zeros keep the other elements only, where that is faster and smaller.",
      .within(2e-5)
    ) { (graph) throws(Diagnostic) in
      guard target.lookupCost != nil else { return }
      try graph.edit { (editor, node) throws(Diagnostic) in editor.place(editor.sparse(node, target) ?? node) }
    }
  }
}

extension Editor {
  fileprivate mutating func sparse(_ node: Node, _ target: Target) -> Node? {
    guard let matrix = graph.mostlyZeroMatrix(node), let id = node.inputs[1], isReadHereOnly(id) else { return nil }
    guard let steps = SparseSteps(matrix, lanes: target.lanes), steps.pays(matrix, target) else { return nil }
    var result = node
    let name = graph[id].name
    result.op = SparseProduct(outputs: matrix.dims[1])
    result.label = SparseProduct.name + node.label.dropFirst(MatMul.name.count)
    let tables = [("numbers", steps.numbers), ("starts", steps.starts), ("bounds", steps.bounds)]
    result.inputs.replaceSubrange(
      1...1, with: [addConstant(name, steps.values)] + tables.map { addConstant("\(name).\($0.0)", $0.1) })
    return result
  }
}

extension Graph {
  /// The matrix that a node multiplies one row with, if more than half of it is zero. With more rows, dense kernels use each weight for
  /// several of them, and sparse ones gain nothing.
  func mostlyZeroMatrix(_ node: Node) -> Tensor? {
    guard let op = node.op as? MatMul, !op.transposeA, !op.transposeB, !op.widens, let input = node.inputs[0] else { return nil }
    guard let matrix = node.inputs[1].flatMap({ constants[$0] }), matrix.rank == 2, matrix.dtype == .float32 else { return nil }
    guard type(input).shape.dropLast().allSatisfy({ $0 == 1 }), 2 * matrix.zeroCount > matrix.count else { return nil }
    return matrix
  }
}

extension SparseSteps {
  /// Less time and less memory than the dense product with the matrix.
  fileprivate func pays(_ matrix: Tensor, _ target: Target) -> Bool {
    let (inner, outputs) = (matrix.dims[0], matrix.dims[1])
    guard let cost = target.lookupCost, bytes < matrix.bytes.count else { return false }
    return cost * Double(steps) < Double(inner * outputs.ceilingDivision(by: target.lanes))
  }
}
