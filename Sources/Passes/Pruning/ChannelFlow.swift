import GraphIR
import Operators
import Tensors

/// Which channels of which values are one and the same, so that to remove one is to remove all: what is added up element by element
/// shares its channels, a concatenation holds those of its parts, and a flattened image holds each once for every position.
struct ChannelFlow {
  /// The axis of a value on which channels lie, and the channel at each position of it.
  struct Axis {
    var axis: Int
    var channels: [Int]
  }

  /// A node with weights that makes channels of its own.
  struct Layer {
    let weights: PrunableLayer
    let channels: [Int]
  }

  var axes: [ValueID: Axis] = [:]
  private(set) var layers: [Layer] = []
  private var parents: [Int] = []
  /// Why a channel has to stay, by its representative.
  private var reasons: [Int: String] = [:]

  init(_ graph: Graph) {
    let readers = graph.readers
    for node in graph.nodes { follow(node, graph, readers) }
    for output in graph.outputs { keep(output.value, "they are the output \(output.name)") }
    for state in graph.states { keep(state.output, "the next run reads them") }
    for source in graph.computedDims.values { keep(source.value, "an extent depends on them") }
  }

  /// One for all channels that stay or go together.
  func representative(_ channel: Int) -> Int {
    var channel = channel
    while parents[channel] != channel { channel = parents[channel] }
    return channel
  }

  /// Why a channel has to stay; `nil` where it may go.
  func reasonToKeep(_ channel: Int) -> String? { reasons[representative(channel)] }

  mutating func newChannels(_ count: Int) -> [Int] {
    let first = parents.count
    parents += first..<first + count
    return Array(first..<first + count)
  }

  mutating func unite(_ a: [Int], _ b: [Int]) {
    for (x, y) in zip(a, b) {
      let (p, q) = (representative(x), representative(y))
      guard p != q else { continue }
      parents[q] = p
      if let reason = reasons.removeValue(forKey: q), reasons[p] == nil { reasons[p] = reason }
    }
  }

  mutating func keep(_ id: ValueID?, _ reason: String) {
    for channel in id.flatMap({ axes[$0] })?.channels ?? [] where reasonToKeep(channel) == nil { reasons[representative(channel)] = reason }
  }
}

extension ChannelFlow {
  private mutating func follow(_ node: Node, _ graph: Graph, _ readers: [ValueID: [Int]]) {
    guard let output = node.outputs.first else { return }
    if let layer = PrunableLayer(node, in: graph), layer.makesChannels(node, graph, readers) {
      if let input = node.inputs[0], let axis = axes[input], axis.axis != graph.type(input).rank - 1 { keep(input, node.needsAll) }
      let channels = newChannels(layer.outputs)
      layers.append(Layer(weights: layer, channels: channels))
      axes[output] = Axis(axis: graph.type(output).rank - 1, channels: channels)
    } else if let axis = route(node, graph) {
      axes[output] = axis
    } else {
      for id in node.operatorInputs { keep(id, node.needsAll) }
    }
    guard node.epilogue != nil else { return }
    axes[output] = joined([output] + node.epilogueInputs, as: output, graph, node)
  }

  /// The channels of a value made element by element from others, which are broadcast.
  mutating func joined(_ ids: [ValueID], as output: ValueID, _ graph: Graph, _ node: Node) -> Axis? {
    let rank = graph.type(output).rank
    let found = ids.compactMap { id in axes[id].map { Axis(axis: $0.axis + rank - graph.type(id).rank, channels: $0.channels) } }
    guard let first = found.first else { return nil }
    let others = ids.filter { axes[$0] == nil && graph.constants[$0] == nil }
    let areBroadcast = others.allSatisfy { id in
      let axis = first.axis - rank + graph.type(id).rank
      return axis < 0 || graph.type(id).shape[axis] == 1
    }
    guard areBroadcast, found.allSatisfy({ $0.axis == first.axis && $0.channels.count == first.channels.count }) else {
      for id in ids { keep(id, node.needsAll) }
      return nil
    }
    for other in found.dropFirst() { unite(first.channels, other.channels) }
    return first
  }
}

extension PrunableLayer {
  /// Every output channel is a column of weights that nobody else reads, and every input channel a row.
  fileprivate func makesChannels(_ node: Node, _ graph: Graph, _ readers: [ValueID: [Int]]) -> Bool {
    guard readers[weights]?.count == 1, node.inputs.filter({ $0 == weights }).count == 1, !graph.results.contains(weights) else {
      return false
    }
    guard node.operatorInputs.dropFirst(2).allSatisfy({ $0.map { graph.constants[$0] != nil } ?? true }) else { return false }
    return switch node.op {
    case let op as MatMul: !op.transposeA && tensor.rank == 2
    case let op as Convolution: op.groups == 1
    case let op as ConvolutionTranspose: op.groups == 1
    default: false
    }
  }
}

extension Node {
  var needsAll: String { "\(label) \"\(name)\" needs all of them" }
}
