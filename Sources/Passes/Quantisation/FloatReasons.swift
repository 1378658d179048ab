import GraphIR
import Operators
import Tensors

extension Graph {
  /// Why nodes compute in float, by name of the node, for the graph that a plan was made for.
  package func reasonsForFloat(_ plan: QuantisationPlan) -> [String: String] {
    let codes = codes(of: plan)
    let chosen = IntegerNodes(self, codes, plan)
    var reasons: [String: String] = [:]
    // What only gives a layer's result another shape may have its name.
    for node in nodes where !chosen.contains(node) && reasons[node.name] == nil { reasons[node.name] = reason(node, codes, plan) }
    return reasons
  }

  /// Names of the layers with weights, recurrent ones included, that a plan makes integers of, in order.
  package func integerLayers(_ plan: QuantisationPlan) -> [String] {
    let chosen = IntegerNodes(self, codes(of: plan), plan)
    return nodes.filter { chosen.contains($0) && ($0.isLayer || $0.isCell) }.map(\.name)
  }

  private func reason(_ node: Node, _ codes: [ValueID: AffineCode], _ plan: QuantisationPlan) -> String {
    if plan.floatNodes.contains(node.name) { return "kept wide for accuracy" }
    if node.isCell {
      do throws(IntegerCell.Refusal) { _ = try IntegerCell(node, in: self, plan.peaks) } catch { return error.reason }
    }
    if node.hasIntegerForm(in: self, codes, plan.peaks) { return "only floats are wanted of it" }
    if type(node.outputs[0]).dtype != .float32 { return "it gives \(type(node.outputs[0]).dtype)" }
    if node.isProductOfValues(in: self) { return "a factor has no code of eight bits, or too much is summed" }
    if node.isLayer, node.inputs[1].map({ constants[$0] == nil }) ?? true { return "its weights are computed" }
    if node.isRowFunction { return "no integer form of this \(node.shownLabel), or its rows are open or too long" }
    return "no integer form of \(node.shownLabel)"
  }

  /// The codes of values by id.
  func codes(of plan: QuantisationPlan) -> [ValueID: AffineCode] {
    var codes: [ValueID: AffineCode] = [:]
    for id in inputs + nodes.flatMap(\.outputs) + constants.keys where type(id).dtype == .float32 { codes[id] = plan.codes[self[id].name] }
    return codes
  }
}
