import GraphIR
import Tensors

extension GraphPass {
  /// For each layer the last rule counts that names it. Of `magnitude` without names all its layers share one threshold. Throws where a
  /// rule names no layer, and where nothing would be left of one. `importance` tells how much each weight of layers matters, by their
  /// names; else their sizes tell.
  package static func prune(_ rules: [PruningRule], importance: [String: [Double]] = [:]) -> GraphPass {
    GraphPass("prune", "Channels and weights that matter little go, as the user asked.", .anotherNetwork, entersBodies: false) {
      (graph) throws(Diagnostic) in
      guard !rules.isEmpty else { return }
      try rules.check(PrunableLayer.all(in: graph).map(\.names))
      try graph.removeChannels(rules)
      let layers = PrunableLayer.all(in: graph)
      let ruled = layers.map { layer in rules.last { $0.isForWeights && $0.matches(layer.names) } }
      for (layer, positions) in zip(layers, try chosen(layers, ruled, importance)) where !positions.isEmpty {
        graph.constants[layer.weights] = try layer.without(positions)
      }
      for (layer, rule) in zip(layers, ruled) {
        if case .weights(let tensor) = rule?.pattern, tensor.type == layer.tensor.type { graph.constants[layer.weights] = tensor }
      }
    }
  }

  /// The positions of what goes, for each layer.
  private static func chosen(
    _ layers: [PrunableLayer], _ rules: [PruningRule?], _ importance: [String: [Double]]
  ) throws(Diagnostic) -> [[Int]] {
    var result = [[Int]](repeating: [], count: layers.count)
    let sizes = layers.map { $0.tensor.doubles.map(\.magnitude) }
    let scores = zip(layers, sizes).map { layer, sizes in importance[layer.name].flatMap { $0.count == sizes.count ? $0 : nil } ?? sizes }
    for (position, layer) in layers.enumerated() {
      switch rules[position]?.pattern {
      case .groups(let keep, let size):
        result[position] = PruningChoice.outsideOfGroups(layer, scores[position], keep: keep, of: size)
      case .blocks(let inputs, let outputs, let share):
        result[position] = PruningChoice.blocks(layer, scores[position], inputs: inputs, outputs: outputs, share)
      case .magnitude(let share) where rules[position]?.layers != nil:
        result[position] = PruningChoice.smallest(share, of: [scores[position]])[0]
      case .magnitude, .channels, .weights, .nothing, nil: break
      }
    }
    for rule in Set(rules.compactMap { $0 }) where rule.layers == nil {
      guard case .magnitude(let share) = rule.pattern else { continue }
      let members = layers.indices.filter { rules[$0] == rule }
      // One threshold needs one measure.
      let measure = members.allSatisfy { importance[layers[$0].name] != nil } ? scores : sizes
      for (member, positions) in zip(members, PruningChoice.smallest(share, of: members.map { measure[$0] })) { result[member] = positions }
    }
    return result
  }
}

extension [PruningRule] {
  /// Throws where there is nothing to prune, or a rule is for none of the layers, which go by these names.
  func check(_ layers: [[String]]) throws(Diagnostic) {
    guard !layers.isEmpty else {
      throw Diagnostic("the model has no weights that can be pruned", hint: "products, convolutions and recurrent layers have some")
    }
    for rule in self where !layers.contains(where: rule.matches) {
      let shown = layers.prefix(30).map { $0[0] }.joined(separator: ", ") + (layers.count > 30 ? ", …" : "")
      throw Diagnostic("--prune \(rule.text) names no layer", hint: "the layers with weights are \(shown)")
    }
  }
}

extension PrunableLayer {
  /// The weights with zeros at these positions; some must be left.
  fileprivate func without(_ positions: [Int]) throws(Diagnostic) -> Tensor {
    var values = tensor.doubles
    for position in positions { values[position] = 0 }
    guard values.contains(where: { $0 != 0 }) else {
      throw Diagnostic(
        "nothing would be left of the \(tensor.count) weights of \(name)",
        hint: "lower the sparsity, or leave the layer out with --prune none@\(name); magnitude:S@* takes the share of each layer by itself")
    }
    return Tensor(tensor.dtype, tensor.dims, values)
  }
}
