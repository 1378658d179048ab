import GraphIR
import Operators
import Tensors

/// The largest magnitude of a value for each index of its last axis, over any number of tensors.
package struct ChannelPeaks: Hashable, Sendable {
  package private(set) var values: [Double] = []

  package init() {}

  package mutating func add(_ tensor: Tensor) {
    guard let channels = tensor.dims.last, channels > 0, values.isEmpty || values.count == channels else { return }
    if values.isEmpty { values = [Double](repeating: 0, count: channels) }
    for (index, float) in tensor.floats.enumerated() where float.isFinite {
      values[index % channels] = max(values[index % channels], Double(abs(float)))
    }
  }
}

extension Graph {
  /// LSTMs also give their cell states of all steps, for calibration to see.
  package mutating func showCells() {
    for index in nodes.indices {
      guard var op = nodes[index].op as? LSTM, !op.returnsCells else { continue }
      op.returnsCells = true
      nodes[index].op = op
      let sequence = TensorType(type(nodes[index].outputs[2]).dtype, type(nodes[index].outputs[0]).shape)
      nodes[index].outputs.append(addValue(cellSteps(nodes[index]), sequence))
    }
  }

  /// What the cell states of all steps of an LSTM are called.
  func cellSteps(_ node: Node) -> String { self[node.outputs[2]].name + ".steps" }

  /// What recurrent layers read and keep, as far as a run computes it.
  package var recurrentValues: [ValueID] {
    var seen: Set<ValueID> = []
    return nodes.filter(\.isCell).flatMap { node in
      ([node.inputs[0]] + node.operatorInputs.dropFirst(3)).compactMap { $0 }.map(columnsSource) + node.outputs
    }.filter { type($0).dtype == .float32 && constants[$0] == nil && seen.insert($0).inserted }
  }

  /// What recurrent layers give in all steps, where it is their states.
  package var recurrentSteps: [ValueID] { nodes.filter { $0.isCell && $0.epilogue == nil }.map { $0.outputs[0] } }
}

extension Graph {
  /// The value that this one is but another shape of, with the same last axis: what runs compute, and show.
  func columnsSource(_ id: ValueID) -> ValueID {
    var id = id
    while let producer = nodes.first(where: { $0.outputs.contains(id) }), producer.isReshapeOfColumns(in: self),
      let source = producer.inputs[0]
    {
      id = source
    }
    return id
  }
}

extension Node {
  /// The last axis stays as it is.
  func isReshapeOfColumns(in graph: Graph) -> Bool {
    guard op is Reshape, epilogue == nil, let source = inputs[0] else { return false }
    return graph.type(source).shape.last == graph.type(outputs[0]).shape.last
  }

  /// A recurrent layer on floats.
  var isCell: Bool { op is SimpleRNN || op is LSTM || op is GRU }
}
