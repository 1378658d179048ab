import GraphIR
import LoopIR
import Tensors

/// One of two graphs, by a condition, as `ControlFlow.branch` tells. Only the one that is chosen runs.
package struct If: Operator {
  package static let name = "if"
  /// Both take all inputs after the condition, and give outputs of the same types.
  package var then = Graph(name: "then")
  package var otherwise = Graph(name: "else")

  package init() {}
  package init(then: Graph, else otherwise: Graph) {
    self.then = then
    self.otherwise = otherwise
  }

  package var control: ControlFlow? { .branch(then: then, else: otherwise) }

  package func mappingBodies(_ transform: (Graph) throws(Diagnostic) -> Graph) throws(Diagnostic) -> any Operator {
    If(then: try transform(then), else: try transform(otherwise))
  }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let condition = try inputs.required(0)
    guard condition.isSingle(.bool) else {
      throw Diagnostic("the condition of an if is \(condition)", hint: "it must be one element of type bool")
    }
    let given = try inputs.indices.dropFirst().map { (position) throws(Diagnostic) in try inputs.required(position) }
    for body in [then, otherwise] {
      guard body.inputs.count == given.count, body.states.isEmpty else {
        throw Diagnostic(
          "an if gives \(given.count) values to the branch \"\(printable(body.name))\" of \(body.inputs.count) inputs and "
            + "\(body.states.count) states", hint: "both branches take all inputs after the condition, and have no states")
      }
      try body.checkTakes(given)
    }
    return try results()
  }

  private func results() throws(Diagnostic) -> [TensorType] {
    let (a, b) = (then.outputTypes, otherwise.outputTypes)
    guard !a.isEmpty, a == b else {
      throw Diagnostic("one branch of an if gives \(a), the other \(b)", hint: "both must give the same types, and one value at least")
    }
    return a
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let given = try inputs.indices.map { (position) throws(Diagnostic) in try inputs.required(position) }
    return try Interpreter(given[0].holds ? then : otherwise).outputs(Array(given.dropFirst()))
  }

  /// An if is lowered by its branches.
  package func lower(_ operands: Operands) -> [Stmt] { preconditionFailure("an if is lowered by its branches") }

  package func substituting(_ dims: [String: Dim]) -> If { If(then: then.substituting(dims), else: otherwise.substituting(dims)) }

  /// The work of both branches: a bound.
  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim { then.macs + otherwise.macs }
}
