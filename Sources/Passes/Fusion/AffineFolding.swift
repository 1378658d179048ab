import GraphIR
import LoopIR
import Operators
import Tensors

extension GraphPass {
  package static let foldScalesBehind = GraphPass(
    "fold-batch-norms", "Scales and offsets of channels behind a convolution or matrix product go into its weights and bias.",
    .within(1e-4)
  ) { (graph) throws(Diagnostic) in
    try graph.edit { (editor, node) throws(Diagnostic) in
      guard let (layer, affine) = editor.layer(before: node) else { return editor.place(node) }
      try editor.place(layer, scaledBy: affine, insteadOf: node)
    }
  }

  package static let foldScalesBefore = GraphPass(
    "fold-rescaled-inputs", "Scales and offsets of channels before a convolution or matrix product go into its weights and bias.",
    .within(1e-4)
  ) { (graph) throws(Diagnostic) in
    try graph.edit { (editor, node) throws(Diagnostic) in
      guard let layer = LinearLayer(node, in: editor), let input = node.inputs[0], editor.isReadHereOnly(input),
        let affine = AffineMap(editor.producer(of: input), in: editor), affine.scale.count == layer.inputChannels,
        affine.onlyScales || layer.isComplete
      else { return editor.place(node) }
      editor.removeProducer(of: input)
      try editor.place(layer, fedBy: affine)
    }
  }
}

extension Editor {
  /// The layer that a node scales, if there are only scales and offsets between them, and all that they amount to.
  fileprivate mutating func layer(before node: Node) -> (LinearLayer, AffineMap)? {
    guard var affine = AffineMap(node, in: self) else { return nil }
    var between: [ValueID] = []
    // The node at hand does not count as a reader, those between it and the layer do.
    while otherReaders(of: affine.source) == (between.isEmpty ? 0 : 1), !isResult(affine.source),
      let producer = producer(of: affine.source)
    {
      between.append(affine.source)
      if let layer = LinearLayer(producer, in: self) {
        // A sum alone is as cheap as an epilogue of a node that takes no bias.
        guard affine.scale.count == layer.outputChannels, layer.takesBias || !affine.onlyAdds || between.count > 1 else { return nil }
        for id in between { removeProducer(of: id) }
        return (layer, affine)
      }
      guard let inner = AffineMap(producer, in: self) else { return nil }
      affine = affine.after(inner)
    }
    return nil
  }

  fileprivate mutating func place(_ layer: LinearLayer, scaledBy affine: AffineMap, insteadOf node: Node) throws(Diagnostic) {
    let scaled = affine.onlyAdds ? layer.weights : layer.scaled(outputs: affine.scale)
    let bias = zip(layer.bias?.doubles ?? affine.scale.map { _ in 0 }, zip(affine.scale, affine.offset)).map { $0 * $1.0 + $1.1 }
    try place(layer, weights: scaled, bias: bias, output: node)
  }

  fileprivate mutating func place(_ layer: LinearLayer, fedBy affine: AffineMap) throws(Diagnostic) {
    let offsets = layer.sums(of: affine.offset)
    let bias = zip(layer.bias?.doubles ?? offsets.map { _ in 0 }, offsets).map { $0 + $1 }
    var fed = layer
    fed.node.inputs[0] = affine.source
    try place(fed, weights: layer.scaled(inputs: affine.scale), bias: bias, output: layer.node)
  }

  /// Places the layer with other weights and a bias, the output under the name, and as the value, of `output`.
  private mutating func place(_ layer: LinearLayer, weights: Tensor, bias: [Double], output: Node) throws(Diagnostic) {
    var node = layer.node
    node.inputs[1] = weights == layer.weights ? node.inputs[1] : addConstant(node.name + ".weights", weights)
    let hasBias = bias.contains { $0 != 0 }
    let offsets = hasBias ? addConstant(node.name + ".bias", Tensor(weights.dtype, [bias.count], bias)) : nil
    if layer.takesBias || offsets == nil {
      if layer.takesBias { node.inputs = [node.inputs[0], node.inputs[1]] + (offsets.map { [$0] } ?? []) }
      (node.name, node.outputs) = (output.name, output.outputs)
      if output.name != layer.node.name { node.label = layer.node.shownLabel + "+" + output.shownLabel }
      return place(node)
    }
    guard let offsets else { return }
    if node.outputs == output.outputs { node.outputs = [addValue(node.name, type(node.outputs[0]))] }
    place(node)
    let dtype = weights.dtype
    let sum = ElementwiseBody.input(0, dtype) + ElementwiseBody.input(1, dtype)
    place(Node(map: sum, [node.outputs[0], offsets], name: output.name, label: "add", output: output.outputs[0]))
  }
}
