import GraphIR
import LoopIR
import Operators
import Tensors

extension GraphPass {
  /// Cross-layer equalisation: M. Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019.
  package static let equalise = GraphPass(
    "equalise",
    "Channels between two layers are scaled so that their weights on both sides reach equally far; what the network computes stays.",
    .within(1e-3)
  ) { (graph) throws(Diagnostic) in
    // Each pair disturbs the one before it.
    var sweeps = 0
    while sweeps < 20, graph.equaliseOnce() { sweeps += 1 }
  }
}

extension Graph {
  /// Scales the channels between each two layers; whether any moved noticeably.
  fileprivate mutating func equaliseOnce() -> Bool {
    let producers = Dictionary(nodes.enumerated().flatMap { at, node in node.outputs.map { ($0, at) } }) { first, _ in first }
    let readers = self.readers
    var isMoved = false
    for position in nodes.indices {
      guard let second = EqualisedLayer(nodes[position], self, readers),
        let source = layer(before: position, producers, readers), let first = EqualisedLayer(nodes[source], self, readers),
        let factors = first.factors(to: second), let scaled = ScaledEpilogue(nodes[source], factors, self)
      else { continue }
      isMoved = isMoved || factors.contains { abs($0 - 1) > 0.01 }
      place(first.weights(outputs: factors.map { 1 / $0 }), in: source)
      place(second.weights(inputs: factors), in: position)
      place(scaled, in: source)
    }
    return isMoved
  }

  /// The layer whose result a layer reads, perhaps pooled or in another shape: what keeps channels apart and lets factors pass.
  private func layer(before position: Int, _ producers: [ValueID: Int], _ readers: [ValueID: [Int]]) -> Int? {
    var reader = position
    while let id = nodes[reader].inputs[0], readers[id] == [reader], !results.contains(id), let at = producers[id] {
      if nodes[at].isLayer { return at }
      guard nodes[at].epilogue == nil, nodes[at].keepsChannels(self) else { return nil }
      reader = at
    }
    return nil
  }

  private mutating func place(_ weights: Tensor, in position: Int) {
    if let id = nodes[position].inputs[1] { constants[id] = weights }
  }

  private mutating func place(_ scaled: ScaledEpilogue, in position: Int) {
    if let bias = scaled.bias { nodes[position].inputs[2] = addConstant(nodes[position].name + ".bias", bias) }
    guard let body = scaled.body else { return }
    let operands = scaled.operands.map { addConstant(nodes[position].name + ".scaled", $0) }
    nodes[position].inputs = nodes[position].operatorInputs + operands
    nodes[position].epilogue = Epilogue(ElementwiseBody(body), operandCount: operands.count)
  }
}

extension Node {
  /// Elements of a channel, the last axis, are averaged or chosen among, or have other places.
  fileprivate func keepsChannels(_ graph: Graph) -> Bool {
    guard let x = inputs[0], let channels = graph.type(x).shape.last, channels == graph.type(outputs[0]).shape.last else { return false }
    switch op {
    case let op as Pool: return op.kind == .max || op.kind == .average
    case let op as Reduce:
      return op.function == .mean && !op.axes.contains { [-1, graph.type(x).rank - 1].contains($0) } && !op.axes.isEmpty
    case let op as Pad: return op.mode == .constant && op.value == 0 && op.before.last == 0 && op.after.last == 0
    case is Reshape: return true
    default: return false
    }
  }
}

/// A layer with known weights of its own.
private struct EqualisedLayer {
  private let weights: Tensor
  private let shape: WeightShape

  init?(_ node: Node, _ graph: Graph, _ readers: [ValueID: [Int]]) {
    guard node.isLayer, let id = node.inputs[1], let weights = graph.constants[id], weights.dtype == .float32, weights.rank >= 2 else {
      return nil
    }
    guard readers[id]?.count == 1, !(node.op is MatMul) || weights.rank == 2, weights.doubles.allSatisfy(\.isFinite) else { return nil }
    guard let shape = WeightShape(node.op, weights.dims) else { return nil }
    (self.weights, self.shape) = (weights, shape)
  }

  /// By what each channel between this layer and the next is divided so that the largest weights on both sides are equal.
  func factors(to next: EqualisedLayer) -> [Double]? {
    guard shape.outputs == next.shape.inputs else { return nil }
    let reach = zip(peaks(shape.outputs, shape.output), next.peaks(shape.outputs, next.shape.input))
    return reach.map { from, to in
      guard from > 1e-12, to > 1e-12 else { return 1 }
      return min(max((from / to).squareRoot(), 0x1p-10), 0x1p10)
    }
  }

  private func peaks(_ count: Int, _ channel: (Int) -> Int) -> [Double] {
    var peaks = [Double](repeating: 0, count: count)
    for (flat, weight) in weights.doubles.enumerated() { peaks[channel(flat)] = max(peaks[channel(flat)], abs(weight)) }
    return peaks
  }

  func weights(outputs factors: [Double]) -> Tensor { scaled { factors[shape.output($0)] } }
  func weights(inputs factors: [Double]) -> Tensor { scaled { factors[shape.input($0)] } }

  private func scaled(_ factor: (Int) -> Double) -> Tensor {
    Tensor(.float32, weights.dims, weights.doubles.enumerated().map { $0.element * factor($0.offset) })
  }
}

/// Bias and epilogue of a layer whose sums are divided by a factor for each channel, so that the result is, too.
private struct ScaledEpilogue {
  private(set) var bias: Tensor?
  private(set) var body: Expr?
  private(set) var operands: [Tensor] = []
  private let factors: [Double]
  private let known: [String: Tensor]

  /// `nil` where the epilogue is more than sums, bounds, and products with known numbers, or reads what a run computes.
  init?(_ node: Node, _ factors: [Double], _ graph: Graph) {
    self.factors = factors
    var known: [String: Tensor] = [:]
    for (position, id) in node.epilogueInputs.enumerated() { known["x\(position + 1)"] = graph.constants[id] }
    self.known = known
    if node.operatorInputs.count > 2, let id = node.inputs[2] {
      guard let tensor = graph.constants[id], tensor.count == factors.count else { return nil }
      bias = Tensor(.float32, tensor.dims, zip(tensor.doubles, factors).map { $0 / $1 })
    }
    guard let epilogue = node.epilogue else { return }
    guard epilogue.body.dtype == .float32, let scaled = divided(epilogue.body.body) else { return nil }
    body = scaled
  }

  /// The expression divided by the factors, where `x0` is.
  private mutating func divided(_ expr: Expr) -> Expr? {
    switch expr {
    case .variable(let variable): return variable.name == "x0" ? expr : known[variable.name].flatMap { operand($0, dividing: true) }
    case .float(let number, _): return number == 0 || number.isInfinite ? expr : operand(Tensor(.float32, [], [number]), dividing: true)
    case .unary(.negate, let a): return divided(a).map { .unary(.negate, $0) }
    case .unary(.abs, let a): return divided(a).map { .unary(.abs, $0) }
    case .binary(.multiply, let a, let b): return product(a, b) ?? product(b, a)
    case .binary(.divide, let a, let b):
      guard let divisor = kept(b), let dividend = divided(a) else { return nil }
      return .binary(.divide, dividend, divisor)
    case .binary(let function, let a, let b) where [.add, .subtract, .minimum, .maximum].contains(function):
      guard let x = divided(a), let y = divided(b) else { return nil }
      return .binary(function, x, y)
    case .select(.compare(let comparison, let a, let b), let c, let d):
      guard let a = divided(a), let b = divided(b), let c = divided(c), let d = divided(d) else { return nil }
      return .select(.compare(comparison, a, b), c, d)
    default: return nil
    }
  }

  private mutating func product(_ a: Expr, _ b: Expr) -> Expr? {
    guard let factor = kept(b), let rest = divided(a) else { return nil }
    return .binary(.multiply, rest, factor)
  }

  /// A known number as it is.
  private mutating func kept(_ expr: Expr) -> Expr? {
    switch expr {
    case .float: expr
    case .variable(let variable): known[variable.name].flatMap { operand($0, dividing: false) }
    default: nil
    }
  }

  private mutating func operand(_ tensor: Tensor, dividing: Bool) -> Expr? {
    var tensor = tensor
    if dividing {
      let isSingle = tensor.count == 1 && tensor.rank <= 1
      guard tensor.dtype == .float32, isSingle || tensor.count == factors.count && tensor.dims.last == factors.count else { return nil }
      let numbers = isSingle ? [Double](repeating: tensor.doubles[0], count: factors.count) : tensor.doubles
      tensor = Tensor(.float32, isSingle ? [factors.count] : tensor.dims, zip(numbers, factors).map { $0 / $1 })
    }
    operands.append(tensor)
    return ElementwiseBody.input(operands.count, tensor.dtype)
  }
}
