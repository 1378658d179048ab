import GraphIR
import LoopIR
import Operators
import Tensors

extension GraphPass {
  package static let foldFactors = GraphPass(
    "fold-factors", "Numbers that all elements of a factor of a matrix product are multiplied by are multiplied behind it.", .within(1e-5)
  ) { (graph) throws(Diagnostic) in
    let scaled = graph.scaledFactors
    guard !scaled.isEmpty else { return }
    let products = Dictionary(uniqueKeysWithValues: scaled.map { (graph.nodes[$0.key].outputs[0], $0.value.reduce(1) { $0 * $1.factor }) })
    let maps = Set(scaled.values.joined().map(\.value))
    try graph.edit { (editor, node) throws(Diagnostic) in
      if maps.contains(node.outputs[0]), let input = node.inputs[0] { return editor.replace(node.outputs[0], by: input) }
      editor.place(products[node.outputs[0]].map(node.multiplied) ?? node)
    }
  }
}

extension Graph {
  /// For matrix products, by position, the maps before them that only multiply by a number.
  fileprivate var scaledFactors: [Int: [ScaledFactor]] {
    let (producers, readers, results) = (self.producers, self.readers, self.results)
    var found: [Int: [ScaledFactor]] = [:]
    for (position, node) in nodes.enumerated() where node.op is MatMul && node.inputs[0] != node.inputs[1] {
      let factors = node.inputs.prefix(2).compactMap { $0 }
      guard factors.allSatisfy({ type($0).dtype == .float32 }) else { continue }
      let scaled = factors.compactMap { scaledFactor($0, producers, readers, results) }
      if !scaled.isEmpty { found[position] = scaled }
    }
    return found
  }

  /// Up from a factor, through what only moves elements, all of it read nowhere else.
  private func scaledFactor(
    _ id: ValueID, _ producers: [ValueID: Int], _ readers: [ValueID: [Int]], _ results: Set<ValueID>
  ) -> ScaledFactor? {
    var id = id
    while readers[id]?.count == 1, !results.contains(id), let producer = producers[id] {
      let node = nodes[producer]
      guard node.epilogue == nil, let input = node.inputs.first ?? nil else { return nil }
      if let factor = (node.op as? Map)?.factor, node.inputs.count == 1, type(input) == type(id) {
        return ScaledFactor(value: id, factor: factor)
      }
      guard node.op is Transpose || node.op is Reshape else { return nil }
      id = input
    }
    return nil
  }
}

private struct ScaledFactor {
  let value: ValueID
  let factor: Double
}

extension Map {
  /// The number that the only input is multiplied by, if that is all; one that does not bring sums near to overflow.
  fileprivate var factor: Double? {
    switch body.body {
    case .binary(.multiply, .variable, .float(let factor, .float32)), .binary(.multiply, .float(let factor, .float32), .variable):
      (1e-3...1).contains(factor.magnitude) ? factor : nil
    default: nil
    }
  }
}

extension Node {
  /// The product times a number, before anything else that is done to it.
  fileprivate func multiplied(by factor: Double) -> Node {
    let scaled = ElementwiseBody.input(0, .float32) * .constant(factor, .float32)
    var result = self
    result.epilogue = Epilogue(
      ElementwiseBody(epilogue?.body.body.substituting(["x0": scaled]) ?? scaled), operandCount: epilogue?.operandCount ?? 0)
    return result
  }
}
