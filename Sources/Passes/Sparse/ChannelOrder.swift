import GraphIR
import Targets
import Tensors

extension GraphPass {
  /// Where `target` looks elements up.
  package static func sortChannels(for target: Target) -> GraphPass {
    GraphPass(
      "sort-channels", "Outputs of products with many zeros take an order in which neighbours have as many products, and end together.",
      .within(2e-5)
    ) { (graph) throws(Diagnostic) in
      guard target.lookupCost != nil, graph.nodes.contains(where: { graph.mostlyZeroMatrix($0) != nil }) else { return }
      let flow = ChannelFlow(graph)
      let moved = flow.moves(for: graph, lanes: target.lanes)
      guard !moved.isEmpty else { return }
      try graph.selectChannels(flow.axes.mapValues { ChannelSelection($0, flow.positions(of: $0, moved)) })
    }
  }
}

extension ChannelFlow {
  /// For channels that may move the ones that take their places.
  fileprivate func moves(for graph: Graph, lanes: Int) -> [Int: Int] {
    var moves: [Int: Int] = [:]
    for node in graph.nodes {
      guard let matrix = graph.mostlyZeroMatrix(node), let layer = layers.first(where: { $0.weights.name == node.name }) else { continue }
      let channels = layer.channels.map(representative)
      // Channels that another layer has ordered already stay where they are.
      guard Set(channels).count == channels.count, channels.allSatisfy({ reasonToKeep($0) == nil && moves[$0] == nil }) else { continue }
      let order = LaneOrder(rows: matrix.rowsOfColumns, inner: matrix.dims[0], lanes: lanes).order
      for (place, source) in order.enumerated() { moves[channels[place]] = channels[source] }
    }
    return moves
  }

  /// Where the elements of an axis come from: where a channel lies several times, as in a flattened image, each stays in its turn.
  fileprivate func positions(of axis: Axis, _ moves: [Int: Int]) -> [Int] {
    let channels = axis.channels.map(representative)
    let places = Dictionary(grouping: channels.indices) { channels[$0] }
    var turns: [Int: Int] = [:]
    return channels.indices.map { position in
      let turn = turns[channels[position], default: 0]
      turns[channels[position]] = turn + 1
      guard let source = moves[channels[position]].flatMap({ places[$0] }), source.indices.contains(turn) else { return position }
      return source[turn]
    }
  }
}

extension Tensor {
  /// For each column of a matrix the rows of the elements that are not zero.
  fileprivate var rowsOfColumns: [[Int]] {
    var rows = [[Int]](repeating: [], count: dims[1])
    for (position, value) in floats.enumerated() where value != 0 { rows[position % dims[1]].append(position / dims[1]) }
    return rows
  }
}
