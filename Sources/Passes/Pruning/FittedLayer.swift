import GraphIR
import Operators
import Tensors

/// A layer that is to be pruned, of whose inputs samples are collected: they tell how much each weight matters, and what the weights that
/// are left should become to make up for those that went: for each output the least squares of what changes, over the samples.
package struct FittedLayer {
  /// Of the node, and of the value that it reads, or that it sees in another shape.
  package let name: String
  package let input: String
  private let layer: PrunableLayer
  /// Extents of what it reads.
  private let dims: [Int]
  private let window: SlidingWindow?
  /// Extents of the result between the batch and the channels.
  private let positions: [Int]
  /// Sums of products of each two elements that one output sees; the lower triangle counts. Empty where these are too many.
  private var products: [Double]
  /// Sums of squares of those elements.
  private var squares: [Double]

  /// Inputs to an output of the layer.
  private var extent: Int { layer.tensor.count / layer.outputs }

  /// Layers of `graph` whose weights the rules prune, without those whose inputs are not followed.
  package static func all(_ graph: Graph, _ rules: [PruningRule]) -> [FittedLayer] {
    let nodes = Dictionary(graph.nodes.map { ($0.name, $0) }) { first, _ in first }
    return PrunableLayer.all(in: graph).compactMap { layer in
      guard let rule = rules.last(where: { $0.isForWeights && $0.matches(layer.names) }), rule.pattern != .nothing else { return nil }
      return nodes[layer.name].flatMap { FittedLayer(layer, $0, graph) }
    }
  }

  private init?(_ layer: PrunableLayer, _ node: Node, _ graph: Graph) {
    guard let input = node.inputs[0], layer.tensor.dtype == .float32 else { return nil }
    switch node.op {
    case let op as MatMul where !op.transposeA && !op.transposeB && layer.tensor.rank == 2: (window, positions) = (nil, [])
    case let op as Convolution where op.groups == 1:
      let extents = graph.type(node.outputs[0]).shape.dropFirst().dropLast().map(\.constant)
      (window, positions) = (op.window, extents.map { $0 ?? 0 })
    default: return nil
    }
    guard !positions.contains(0) else { return nil }
    guard let dims = graph.type(input).shape.constants else { return nil }
    name = layer.name
    self.dims = dims
    self.input = graph[graph.unshaped(input)].name
    self.layer = layer
    let extent = layer.tensor.count / layer.outputs
    products = extent <= 2048 ? [Double](repeating: 0, count: extent * extent) : []
    squares = [Double](repeating: 0, count: extent)
  }

  /// Adds one run: what the layer reads at up to 64 of its places.
  package mutating func add(_ input: Tensor) {
    let values = input.doubles
    guard let last = dims.last, last > 0, dims.reduce(1, *) == values.count else { return }
    let places = window == nil ? values.count / last : dims[0] * positions.reduce(1, *)
    for place in stride(from: 0, to: places, by: max(1, places / 64)) {
      add(row: window.map { seen(values, dims, $0, place) } ?? Array(values[place * last..<(place + 1) * last]))
    }
  }

  private mutating func add(row: [Double]) {
    let extent = extent
    for i in 0..<extent { squares[i] += row[i] * row[i] }
    guard !products.isEmpty else { return }
    products.withUnsafeMutableBufferPointer { products in
      for i in 0..<extent where row[i] != 0 {
        let (factor, start) = (row[i], i * extent)
        for j in 0...i { products[start + j] += factor * row[j] }
      }
    }
  }

  /// What a window sees at one of its places, in the order of the weights.
  private func seen(_ values: [Double], _ dims: [Int], _ window: SlidingWindow, _ place: Int) -> [Double] {
    let (taps, channels) = (Array(layer.tensor.dims.dropLast(2)), dims[dims.count - 1])
    var (rest, position) = (place, [Int](repeating: 0, count: positions.count))
    for axis in positions.indices.reversed() { (rest, position[axis]) = rest.quotientAndRemainder(dividingBy: positions[axis]) }
    return Indices(taps).flatMap { (tap: [Int]) -> [Double] in
      var flat = rest
      for axis in taps.indices {
        let along = window.along(axis)
        let place = position[axis] * along.stride + tap[axis] * along.dilation - along.before
        guard place >= 0, place < dims[axis + 1] else { return [Double](repeating: 0, count: channels) }
        flat = flat * dims[axis + 1] + place
      }
      return Array(values[flat * channels..<(flat + 1) * channels])
    }
  }

  /// How much each weight matters: its size times that of what it is multiplied with, in what is summed up for an output of the layer on
  /// average, so that layers can be compared.
  package var importance: [Double] {
    let roots = squares.map { $0.squareRoot() }
    let sizes = layer.tensor.doubles.enumerated().map { abs($0.element) * roots[$0.offset / layer.outputs] }
    let total = sizes.reduce(0) { $0 + $1 * $1 }
    guard total > 0 else { return sizes }
    let scale = (Double(layer.outputs) / total).squareRoot()
    return sizes.map { $0 * scale }
  }

  /// Rules that give every layer of `pruned` its weights: those that fit where there are some, else those that it has.
  package static func rules(_ fitted: [FittedLayer], _ pruned: Graph) -> [PruningRule] {
    let layers = Dictionary(fitted.map { ($0.name, $0) }) { first, _ in first }
    return PrunableLayer.all(in: pruned).map { layer in
      layers[layer.name]?.rule(layer.tensor) ?? PruningRule(layer.tensor, for: layer.name)
    }
  }

  /// The rule that gives the layer, in which `pruned` has left some weights, their new values; `nil` where nothing went, nothing was
  /// added, or there are too many weights to be solved for.
  private func rule(_ pruned: Tensor) -> PruningRule? {
    let (extent, outputs, weights, left) = (extent, layer.outputs, layer.tensor.doubles, pruned.floats)
    let trace = squares.reduce(0, +)
    guard trace > 0, !products.isEmpty, pruned.dims == layer.tensor.dims, pruned.zeroCount > layer.tensor.zeroCount else { return nil }
    // Few samples say nothing of many weights: those that they do not need stay near to what they were.
    let system = SymmetricSystem(products, extent: extent, added: 0.01 * trace / Double(extent))
    var result = [Double](repeating: 0, count: weights.count)
    for output in 0..<outputs {
      let rows = (0..<extent).filter { left[$0 * outputs + output] != 0 }
      let targets = system.product((0..<extent).map { weights[$0 * outputs + output] }, rows: rows)
      guard let solution = system.solution(rows: rows, targets) else { return nil }
      for (row, value) in zip(rows, solution) { result[row * outputs + output] = value }
    }
    return PruningRule(Tensor(layer.tensor.dtype, layer.tensor.dims, result), for: layer.name)
  }
}

extension Graph {
  /// What has the same elements in the same order, before any reshapes: those are not computed.
  fileprivate func unshaped(_ id: ValueID) -> ValueID {
    guard let node = nodes.first(where: { $0.outputs.first == id }), node.op is Reshape, node.epilogue == nil else { return id }
    return node.inputs[0].map(unshaped) ?? id
  }
}
