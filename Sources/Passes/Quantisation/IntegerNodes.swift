import GraphIR
import LoopIR
import Operators
import Tensors

/// Which nodes compute on integers. Layers with weights do wherever they can; what stands between such layers does if it has a form for
/// it; what nobody behind it wants as integers stays float, as do the last steps before an output.
struct IntegerNodes {
  /// By outputs.
  private var chosen: Set<ValueID> = []
  /// Values that chosen nodes read.
  private var readers: Set<ValueID> = []

  init(_ graph: Graph, _ codes: [ValueID: AffineCode], _ plan: QuantisationPlan) {
    let able = graph.nodes.filter { !plan.floatNodes.contains($0.name) && $0.hasIntegerForm(in: graph, codes, plan.peaks) }
    for node in able.reversed() where node.isLayer || node.isCell || readers.contains(node.outputs[0]) {
      chosen.formUnion(node.outputs)
      readers.formUnion(node.codedInputs(graph))
    }
    keepWhatFollowsLayers(able, graph)
  }

  /// Rounding to codes earlier than a layer needs them gains nothing.
  private mutating func keepWhatFollowsLayers(_ able: [Node], _ graph: Graph) {
    for node in able where chosen.contains(node.outputs[0]) && !node.isLayer && !node.isCell {
      if node.choosesFromTables(graph) || node.codedInputs(graph).contains(where: chosen.contains) { continue }
      chosen.remove(node.outputs[0])
    }
    readers = []
    for node in able where chosen.contains(node.outputs[0]) { readers.formUnion(node.codedInputs(graph)) }
  }

  func contains(_ node: Node) -> Bool { chosen.contains(node.outputs[0]) }
  func read(_ id: ValueID) -> Bool { readers.contains(id) }
}

extension Node {
  /// A product, mostly with weights that are known.
  var isLayer: Bool { op is Convolution || op is DepthwiseConvolution || op is MatMul }

  private var isAverage: Bool { (op as? Pool)?.kind == .average || (op as? Reduce)?.function == .mean }

  /// What the node reads as codes, if it computes on integers.
  fileprivate func codedInputs(_ graph: Graph) -> [ValueID] {
    if isCell { return epilogueInputs.filter { graph.constants[$0] == nil } }
    if isProductOfValues(in: graph) { return inputs.compactMap { $0 }.filter { graph.constants[$0] == nil } }
    if isLayer || isAverage || isRowFunction { return [inputs[0]].compactMap { $0 } + epilogueInputs.filter { graph.constants[$0] == nil } }
    return (handedOnInputs ?? inputs.compactMap { $0 }).filter { graph.constants[$0] == nil }
  }

  func hasIntegerForm(in graph: Graph, _ codes: [ValueID: AffineCode], _ peaks: [String: [Double]]) -> Bool {
    if isCell { return (try? IntegerCell(self, in: graph, peaks)) != nil }
    guard outputs.count == 1, graph.type(outputs[0]).dtype == .float32 else { return false }
    if isProductOfValues(in: graph) { return IntegerSum(product: self, in: graph, codes) != nil }
    if isLayer { return hasIntegerProducts(in: graph, codes) }
    if isRowFunction { return hasKnownParameters(in: graph) && IntegerSum(rows: self, in: graph, codes) != nil }
    guard let result = codes[outputs[0]] else { return false }
    if let sources = handedOnInputs { return sources.allSatisfy { codes[$0] == result } }
    if op is Map { return IntegerMap(self, in: graph, codes) != nil }
    return isAverage && inputs[0].flatMap { codes[$0]?.asFactor }.flatMap { IntegerSum(averaging: self, in: graph, $0) } != nil
  }

  private func hasIntegerProducts(in graph: Graph, _ codes: [ValueID: AffineCode]) -> Bool {
    guard let x = inputs[0], codes[x] != nil, graph.constants[x] == nil, let weights = inputs[1].flatMap({ graph.constants[$0] }) else {
      return false
    }
    guard weights.dtype == .float32, weights.count > 0, let shape = WeightShape(op, weights.dims), shape.outputs > 0 else { return false }
    guard weights.doubles.allSatisfy(\.isFinite) else { return false }
    if op is MatMul, weights.rank != 2 { return false }
    return operatorInputs.dropFirst(2).allSatisfy { $0.map { graph.constants[$0] != nil } ?? true }
  }
}
