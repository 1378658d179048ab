import GraphIR
import Operators
import Tensors

/// A pruned layer, of whose inputs samples are collected, so that the weights that are left can make up for those that went: for each
/// output the least squares of what changes, over the samples.
package struct FittedLayer {
  /// Of the node, and of the value that it reads, or that it sees in another shape.
  package let name: String
  package let input: String
  private let layer: PrunableLayer
  private let isLeft: [Bool]
  /// Extents of what it reads.
  private let dims: [Int]
  private let window: SlidingWindow?
  /// Extents of the result between the batch and the channels.
  private let positions: [Int]
  /// Sums of products of each two elements that one output sees; the lower triangle counts.
  private var products: [Double]

  /// Inputs to an output of the layer.
  private var extent: Int { layer.tensor.count / layer.outputs }

  /// Layers of `graph` of which `pruned`, a graph of the same shape, has zeros where they have none; without those whose inputs are too
  /// many to be solved for, and those whose inputs are not followed.
  package static func all(_ graph: Graph, _ pruned: Graph) -> [FittedLayer] {
    let others = Dictionary(PrunableLayer.all(in: pruned).map { ($0.name, $0) }) { first, _ in first }
    let nodes = Dictionary(graph.nodes.map { ($0.name, $0) }) { first, _ in first }
    return PrunableLayer.all(in: graph).compactMap { layer in
      guard let node = nodes[layer.name], let other = others[layer.name], other.tensor.dims == layer.tensor.dims else { return nil }
      return FittedLayer(layer, node, other.tensor, graph)
    }
  }

  private init?(_ layer: PrunableLayer, _ node: Node, _ pruned: Tensor, _ graph: Graph) {
    guard let input = node.inputs[0], layer.tensor.dtype == .float32, pruned.zeroCount > layer.tensor.zeroCount else { return nil }
    switch node.op {
    case let op as MatMul where !op.transposeA && !op.transposeB && layer.tensor.rank == 2: (window, positions) = (nil, [])
    case let op as Convolution where op.groups == 1:
      let extents = graph.type(node.outputs[0]).shape.dropFirst().dropLast().map(\.constant)
      (window, positions) = (op.window, extents.map { $0 ?? 0 })
    default: return nil
    }
    guard layer.tensor.count / layer.outputs <= 2048, !positions.contains(0) else { return nil }
    guard let dims = graph.type(input).shape.constants else { return nil }
    name = layer.name
    self.dims = dims
    self.input = graph[graph.unshaped(input)].name
    self.layer = layer
    isLeft = pruned.floats.map { $0 != 0 }
    products = [Double](repeating: 0, count: (layer.tensor.count / layer.outputs) * (layer.tensor.count / layer.outputs))
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

  /// Rules that give every layer of `pruned` its weights: those that fit where there are some, else those that it has.
  package static func rules(_ fitted: [FittedLayer], _ pruned: Graph) -> [PruningRule] {
    let rules = Dictionary(fitted.map { ($0.name, $0.rule()) }) { first, _ in first }
    return PrunableLayer.all(in: pruned).map { layer in (rules[layer.name] ?? nil) ?? PruningRule(layer.tensor, for: layer.name) }
  }

  /// The rule that gives the layer its new weights; `nil` where nothing was added.
  package func rule() -> PruningRule? {
    let (extent, outputs, weights) = (extent, layer.outputs, layer.tensor.doubles)
    let trace = (0..<extent).reduce(0) { $0 + products[$1 * extent + $1] }
    guard trace > 0 else { return nil }
    // Few samples say nothing of many weights: those that they do not need stay near to what they were.
    let system = SymmetricSystem(products, extent: extent, added: 0.01 * trace / Double(extent))
    var result = [Double](repeating: 0, count: weights.count)
    for output in 0..<outputs {
      let left = (0..<extent).filter { isLeft[$0 * outputs + output] }
      let targets = system.product((0..<extent).map { weights[$0 * outputs + output] }, rows: left)
      guard let solution = system.solution(rows: left, targets) else { return nil }
      for (row, value) in zip(left, solution) { result[row * outputs + output] = value }
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
