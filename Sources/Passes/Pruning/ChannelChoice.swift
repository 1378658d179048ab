import GraphIR
import Tensors

extension ChannelFlow {
  /// Representatives of the channels that the rules take: of layers that share channels together the share that is least among theirs,
  /// by the sum of squares of the weights that make a channel. Throws where nothing would be left, and where nothing can be taken.
  func chosen(_ rules: [PruningRule]) throws(Diagnostic) -> Set<Int> {
    let shares = layers.map { layer in rules.last { $0.isForChannels && $0.matches(layer.weights.names) } }
    var (chosen, refusal, someMay) = (Set<Int>(), Diagnostic?.none, false)
    for group in coupled {
      let asked = group.compactMap { shares[$0] }
      let share = asked.map(\.channelShare).min() ?? 0
      let channels = Set(group.flatMap { layers[$0].channels }.map(representative))
      let free = channels.filter { reasonToKeep($0) == nil }
      let count = Int((share * Double(channels.count)).rounded())
      someMay = someMay || !asked.isEmpty && !free.isEmpty
      guard count > 0, let layer = group.first(where: { shares[$0] != nil }).map({ layers[$0] }) else { continue }
      if free.isEmpty {
        let problem = refused(layer, channels)
        if asked.contains(where: \.namesOneLayer) { throw problem }
        refusal = refusal ?? problem
        continue
      }
      guard count < channels.count else {
        throw Diagnostic(
          "nothing would be left of the \(channels.count) channels of \(layer.weights.name)", hint: "lower the share of --prune channels")
      }
      let scores = scores(group)
      chosen.formUnion(free.sorted { (scores[$0] ?? 0, $0) < (scores[$1] ?? 0, $1) }.prefix(count))
    }
    if !someMay, let refusal { throw refusal }
    return chosen
  }

  private func refused(_ layer: Layer, _ channels: Set<Int>) -> Diagnostic {
    let reason = channels.min().flatMap(reasonToKeep) ?? ""
    return Diagnostic(
      "no output channels of \(layer.weights.name) can be removed: \(reason)", hint: "name other layers with --prune channels:S@NAME")
  }

  /// Positions of layers, those together that have channels in common.
  private var coupled: [[Int]] {
    var groups: [(layers: [Int], channels: Set<Int>)] = []
    for (position, layer) in layers.enumerated() {
      var merged = (layers: [position], channels: Set(layer.channels.map(representative)))
      for group in groups where !group.channels.isDisjoint(with: merged.channels) {
        merged.layers += group.layers
        merged.channels.formUnion(group.channels)
      }
      groups.removeAll { !$0.channels.isDisjoint(with: merged.channels) }
      groups.append(merged)
    }
    return groups.map { $0.layers.sorted() }.sorted { $0[0] < $1[0] }
  }

  /// How much each channel of a group matters: its part of the sum of squares of each layer that makes it.
  private func scores(_ group: [Int]) -> [Int: Double] {
    var scores: [Int: Double] = [:]
    for layer in group.map({ layers[$0] }) {
      let (weights, values) = (layer.weights, layer.weights.tensor.doubles)
      let total = max(values.reduce(0) { $0 + $1 * $1 }, .leastNormalMagnitude)
      for (output, channel) in layer.channels.enumerated() {
        for matrix in 0..<weights.matrices {
          for input in 0..<weights.inputs {
            let weight = values[weights.position(matrix, input, output)]
            scores[representative(channel), default: 0] += weight * weight / total
          }
        }
      }
    }
    return scores
  }
}

extension PruningRule {
  /// It decides about channels, if only that they all stay.
  package var isForChannels: Bool {
    switch pattern {
    case .channels, .nothing: true
    case .magnitude, .groups, .blocks, .weights: false
    }
  }

  /// It decides about single weights.
  package var isForWeights: Bool {
    switch pattern {
    case .magnitude, .groups, .blocks, .weights, .nothing: true
    case .channels: false
    }
  }

  fileprivate var channelShare: Double {
    if case .channels(let share) = pattern { return share }
    return 0
  }

  fileprivate var namesOneLayer: Bool { layers.map { !$0.contains("*") } ?? false }
}
