import GraphIR
import Operators
import Targets
import Tensors

extension GraphPass {
  /// Where `target` has vectors.
  package static func padConvolutions(for target: Target) -> GraphPass {
    GraphPass(
      "pad-convolutions",
      "Inputs that many products read are copied with their padding, so that every window lies inside and none is special."
    ) { (graph) throws(Diagnostic) in
      guard target.lanes > 1 else { return }
      try graph.edit { (editor, node) throws(Diagnostic) in editor.place(try editor.padded(node) ?? node) }
    }
  }
}

extension Editor {
  fileprivate mutating func padded(_ node: Node) throws(Diagnostic) -> Node? {
    guard var op = node.op as? Convolution, let input = node.inputs[0], let weights = node.inputs[1], op.groups == 1 else { return nil }
    guard let taps = type(weights).shape.constants, type(input).shape.dropFirst().allSatisfy({ $0.constant != nil }) else { return nil }
    let axes = (0..<taps.count - 2).map { op.window.along($0) }
    // Products for each element that is copied.
    let products = taps.dropLast(2).reduce(taps[taps.count - 1], *) / axes.reduce(1) { $0 * $1.stride }
    guard axes.contains(where: { $0.before + $0.after > 0 }), products >= 128 else { return nil }
    let pads = op.window.tensorPads
    let pad = Pad(before: pads.before, after: pads.after)
    op.window.padsBefore = []
    op.window.padsAfter = []
    var result = node
    result.op = op
    result.inputs[0] = try padded(input, pad, name: node.name + ".padded")
    return result
  }

  /// What is read in place by a transposition is padded before it, where rows are long.
  private mutating func padded(_ input: ValueID, _ pad: Pad, name: String) throws(Diagnostic) -> ValueID {
    guard let node = producer(of: input), let op = node.op as? Transpose, op.staysInPlace, isReadHereOnly(input),
      let (source, order) = transposition(node)
    else { return try add(pad, [input], name: name) }
    var moved = pad
    for (axis, from) in order.enumerated() { (moved.before[from], moved.after[from]) = (pad.before[axis], pad.after[axis]) }
    removeProducer(of: input)
    return try add(op, [try add(moved, [source], name: name)], name: name + ".transposed")
  }
}
