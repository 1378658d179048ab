import GraphIR
import Operators
import Targets
import Tensors

extension GraphPass {
  /// Where `target` has vectors.
  package static func fillVectors(for target: Target) -> GraphPass {
    GraphPass(
      "fill-vectors", "Convolutions to fewer channels than a vector has lanes compute as many as it has, and nobody reads the others."
    ) { (graph) throws(Diagnostic) in
      guard target.lanes > 1 else { return }
      let strided = graph.valuesReadApart
      var cuts: Set<ValueID> = []
      try graph.edit { (editor, node) throws(Diagnostic) in
        let output = node.outputs[0]
        let wide = strided.contains(output) ? editor.filled(node, target) ?? editor.pooled(node, wholeOf: cuts) : nil
        guard let wide else { return editor.place(node) }
        cuts.insert(output)
        try editor.place(wide, cutTo: node)
      }
    }
  }
}

extension Graph {
  /// Values whose rows may as well lie apart, since nobody but convolutions and poolings reads them.
  fileprivate var valuesReadApart: Set<ValueID> {
    let (readers, results) = (self.readers, self.results)
    let apart = readers.filter { id, positions in
      let reading = positions.map { nodes[$0] }
      return !results.contains(id) && reading.allSatisfy { ($0.op is Convolution || $0.op is Pool) && $0.inputs.lastIndex(of: id) == 0 }
    }
    return Set(apart.keys)
  }
}

extension Target {
  /// The lanes of the one vector that takes the place of several shorter ones, or of single elements.
  fileprivate func lanes(filledFrom channels: Int) -> Int? {
    guard channels > 2, let width = vectorWidths.last(where: { $0 >= channels }), width > channels else { return nil }
    return width
  }
}

extension Editor {
  /// The convolution with channels of zeros added to its weights, its bias and what its epilogue reads.
  fileprivate mutating func filled(_ node: Node, _ target: Target) -> Node? {
    let type = type(node.outputs[0])
    guard let op = node.op as? Convolution, op.groups == 1, type.dtype == .float32, let channels = type.shape.last?.constant,
      let lanes = target.lanes(filledFrom: channels)
    else { return nil }
    let tensors = node.inputs.map { constant($0) }
    for (id, tensor) in zip(node.inputs, tensors).dropFirst() where id != nil {
      guard let tensor, [.float32, .float16, .bfloat16].contains(tensor.dtype), tensor.dims.last == channels else { return nil }
    }
    var result = node
    for (position, tensor) in tensors.enumerated().dropFirst() {
      guard let tensor, let id = node.inputs[position] else { continue }
      result.inputs[position] = addConstant(graph[id].name + ".filled", tensor.filled(to: lanes))
    }
    return result
  }

  /// A pooling of all channels that were computed, where `node` pools those that were cut off.
  fileprivate mutating func pooled(_ node: Node, wholeOf cuts: Set<ValueID>) -> Node? {
    guard node.op is Pool, node.epilogue == nil, let input = node.inputs[0], cuts.contains(input), isReadHereOnly(input),
      let whole = producer(of: input)?.inputs[0]
    else { return nil }
    removeProducer(of: input)
    var result = node
    result.inputs[0] = whole
    return result
  }

  /// Places a node that computes more channels than `node`, and cuts these off.
  fileprivate mutating func place(_ wide: Node, cutTo node: Node) throws(Diagnostic) {
    let narrow = type(node.outputs[0])
    let inferred = try wide.op.infer(graph.types(wide.operatorInputs))[0]
    var computing = wide
    computing.name = node.name + ".filled"
    computing.outputs = [addValue(computing.name, TensorType(narrow.dtype, inferred.shape))]
    place(computing)
    let cut = Slice(starts: [0], ends: [narrow.shape.last?.constant ?? 0], axes: [narrow.rank - 1])
    place(Node(name: node.name, op: cut, inputs: computing.outputs, outputs: node.outputs))
  }
}

extension Tensor {
  /// The tensor with zeros behind the elements of its last axis.
  fileprivate func filled(to extent: Int) -> Tensor {
    let row = dims.last ?? 1
    let zeros = [Double](repeating: 0, count: extent - row)
    let values = doubles
    let rows = stride(from: 0, to: values.count, by: max(row, 1)).flatMap { values[$0..<$0 + row] + zeros }
    return Tensor(dtype, dims.dropLast() + [extent], rows)
  }
}
