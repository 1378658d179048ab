import GraphIR
import Operators
import Tensors

extension GraphPass {
  package static let sliceGathers = GraphPass(
    "slice-gathers", "Gathers whose indices are known and follow each other become slices, which move nothing."
  ) { (graph) throws(Diagnostic) in
    try graph.edit { (editor, node) throws(Diagnostic) in
      guard let (data, axis, range) = editor.gatheredRange(node) else { return editor.place(node) }
      let slice = Slice(starts: [range.lowerBound], ends: [range.upperBound], axes: [axis])
      let part = try editor.add(slice, [data], name: node.name + ".part")
      let shape = editor.type(node.outputs[0]).shape
      editor.place(Node(name: node.name, op: Reshape(exactly: shape), inputs: [part], outputs: node.outputs))
    }
  }
}

extension Editor {
  /// The positions that a gather takes from an axis, if they are one range.
  fileprivate func gatheredRange(_ node: Node) -> (data: ValueID, axis: Int, range: Range<Int>)? {
    guard let op = node.op as? Gather, node.epilogue == nil, let data = node.inputs[0], let indices = constant(node.inputs[1]) else {
      return nil
    }
    let axis = op.axis < 0 ? op.axis + type(data).rank : op.axis
    guard let extent = type(data).shape[axis].constant else { return nil }
    let positions = indices.integers.map { Int(clamping: $0) }.map { $0 < 0 ? $0 + extent : $0 }
    guard let first = positions.first, first >= 0, positions.elementsEqual(first..<first + positions.count) else { return nil }
    guard first + positions.count <= extent else { return nil }
    return (data, axis, first..<first + positions.count)
  }
}
