import GraphIR
import Tensors

extension QuantisationPlan {
  /// Codes for all values of `graph` from what calibration saw of its `measuredValues`: of eight bits where they serve, or of 16 everywhere.
  package init(_ graph: Graph, _ samples: [ValueID: ValueSample], by method: RangeMethod, isShort: Bool = false) {
    let groups = CodeGroups(graph)
    var ranges: [ValueID: ClosedRange<Double>] = [:]
    var merged: [ValueID: ValueSample] = [:]
    for id in graph.measuredValues {
      guard let sample = samples[id] else { continue }
      merged[groups.representative(of: id), default: ValueSample(perTensor: 0)].merge(sample)
    }
    // What reaches beyond says "minus infinity", as masks of attention do: steps that hold it hold nothing else.
    for (id, sample) in merged where sample.range.lowerBound > -1e7 && sample.range.upperBound < 1e7 {
      ranges[id] = method.range(of: sample)
    }
    for (value, range) in graph.handedOnConstants {
      let id = groups.representative(of: value)
      guard let own = ranges[id] else { continue }
      let joined = min(own.lowerBound, range.lowerBound)...max(own.upperBound, range.upperBound)
      ranges[id] = joined.lowerBound > -1e7 && joined.upperBound < 1e7 ? joined : nil
    }
    let values = (graph.inputs + graph.nodes.flatMap(\.outputs) + graph.constants.keys).filter { graph.type($0).dtype == .float32 }
    var byValue: [ValueID: AffineCode] = [:]
    for id in values { byValue[id] = ranges[groups.representative(of: id)].map { AffineCode($0) } }
    if isShort {
      for (value, range) in graph.handedOnConstants {
        merged[groups.representative(of: value)]?.add(Tensor(.float32, [2], [range.lowerBound, range.upperBound]))
      }
      let short = ShortCodes(graph, groups)
      for id in values {
        let group = groups.representative(of: id)
        byValue[id] = merged[group].flatMap { short.code(of: group, $0) }
      }
    } else {
      graph.centreSecondFactors(groups, &byValue)
      let wide = WideCodes(graph, groups, byValue)
      for id in values {
        let group = groups.representative(of: id)
        if let sample = merged[group], let code = wide.code(of: group, sample, narrow: byValue[id]) { byValue[id] = code }
      }
      graph.shareCodesOfMultiples(groups, &byValue)
    }
    let codes = Dictionary(byValue.map { (graph[$0.key].name, $0.value) }) { first, _ in first }
    self.init(ports: graph.portNames, codes: codes)
  }
}
