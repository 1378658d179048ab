import GraphIR
import Tensors

extension QuantisationPlan {
  /// Codes for all values of `graph` from what calibration saw of its `measuredValues`.
  package init(_ graph: Graph, _ samples: [ValueID: ValueSample], by method: RangeMethod) {
    let groups = CodeGroups(graph)
    var ranges: [ValueID: ClosedRange<Double>] = [:]
    var merged: [ValueID: ValueSample] = [:]
    for id in graph.measuredValues {
      guard let sample = samples[id] else { continue }
      merged[groups.representative(of: id), default: ValueSample(perTensor: 0)].merge(sample)
    }
    for (id, sample) in merged { ranges[id] = method.range(of: sample) }
    for (value, range) in graph.handedOnConstants {
      let id = groups.representative(of: value)
      ranges[id] = ranges[id].map { min($0.lowerBound, range.lowerBound)...max($0.upperBound, range.upperBound) }
    }
    var codes: [String: AffineCode] = [:]
    for id in graph.inputs + graph.nodes.flatMap(\.outputs) + graph.constants.keys where graph.type(id).dtype == .float32 {
      codes[graph[id].name] = ranges[groups.representative(of: id)].map { AffineCode($0) }
    }
    self.init(ports: graph.portNames, codes: codes)
  }
}
