import GraphIR
import Operators
import Tensors

extension Node {
  /// The inputs whose elements the node hands on, none of them changed but perhaps left out or repeated: its result has their code. `nil`
  /// for nodes that compute.
  var handedOnInputs: [ValueID]? {
    guard epilogue == nil, outputs.count == 1 else { return nil }
    switch op {
    case is Concatenate: return inputs.compactMap { $0 }
    case let op as Pool: return op.kind == .max ? [inputs[0]].compactMap { $0 } : nil
    case let op as Reduce: return op.function == .max || op.function == .min ? [inputs[0]].compactMap { $0 } : nil
    case is Reshape, is Transpose, is Slice, is Pad, is Expand, is Tile, is Repeat, is Reverse, is Roll, is Gather:
      return [inputs[0]].compactMap { $0 }
    default: return nil
    }
  }
}

extension Node {
  /// All that the node hands on is known, as the rows of an embedding are.
  func choosesFromTables(_ graph: Graph) -> Bool { handedOnInputs.map { $0.allSatisfy { graph.constants[$0] != nil } } ?? false }
}

/// Values that have one code, since elements go from one to the other unchanged.
package struct CodeGroups {
  private var parents: [ValueID: ValueID] = [:]

  package init(_ graph: Graph) {
    for node in graph.nodes where graph.type(node.outputs[0]).dtype == .float32 {
      for id in node.handedOnInputs ?? [] { unite(id, node.outputs[0]) }
    }
  }

  /// The value that stands for the group of `id`.
  package func representative(of id: ValueID) -> ValueID {
    var id = id
    while let parent = parents[id] { id = parent }
    return id
  }

  private mutating func unite(_ a: ValueID, _ b: ValueID) {
    let (x, y) = (representative(of: a), representative(of: b))
    if x != y { parents[max(x, y)] = min(x, y) }
  }
}

extension Graph {
  /// What values hold that calibration looks at: floats that a run computes, that callers give or that are chosen from tables, where they
  /// begin. Of those that are handed on, only the first.
  package var measuredValues: [ValueID] {
    let handedOn = Set(nodes.filter { $0.handedOnInputs != nil && !$0.choosesFromTables(self) }.flatMap(\.outputs))
    let all = inputs + nodes.flatMap(\.outputs)
    return all.filter { type($0).dtype == .float32 && !handedOn.contains($0) }
  }

  /// The values that layers with known weights read, each once.
  package var layerInputs: [ValueID] {
    var seen: Set<ValueID> = []
    return nodes.filter(\.isLayer).compactMap { $0.inputs[0] }.filter { type($0).dtype == .float32 && seen.insert($0).inserted }
  }

  /// Constants that are handed on beside values that a run computes, and numbers that padding adds.
  package var handedOnConstants: [(value: ValueID, range: ClosedRange<Double>)] {
    nodes.flatMap { node -> [(ValueID, ClosedRange<Double>)] in
      guard let sources = node.handedOnInputs, type(node.outputs[0]).dtype == .float32 else { return [] }
      let known = sources.compactMap { id in constants[id]?.doubles.filter(\.isFinite) }
      var ranges = known.compactMap { reals in reals.min().flatMap { low in reals.max().map { low...$0 } } }
      if let pad = node.op as? Pad, pad.mode == .constant, pad.value.isFinite { ranges.append(pad.value...pad.value) }
      return ranges.map { (node.outputs[0], $0) }
    }
  }
}
