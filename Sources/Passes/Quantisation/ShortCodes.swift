import GraphIR
import Operators
import Tensors

/// Codes of 16 bits for all values, around 0. Each reaches as far as the sums of all that reads it leave room for in int32.
struct ShortCodes {
  /// By the value that stands for a group; 32,767 for others.
  private var reaches: [ValueID: Int] = [:]
  /// Groups that a softmax reads.
  private var exponents: Set<ValueID> = []

  init(_ graph: Graph, _ groups: CodeGroups) {
    for node in graph.nodes {
      guard let x = node.inputs.first ?? nil, graph.type(x).dtype == .float32, let reach = graph.reach(node, x) else { continue }
      for id in node.isProductOfValues(in: graph) ? node.operatorInputs.compactMap({ $0 }) : [x] {
        let group = groups.representative(of: id)
        reaches[group] = min(reaches[group] ?? ShortCodes.most, max(reach, 1))
      }
      if node.op is Softmax { exponents.insert(groups.representative(of: x)) }
    }
  }

  fileprivate static let most = 32_767

  /// The code of a group from what calibration saw of it.
  func code(of group: ValueID, _ sample: ValueSample) -> AffineCode? {
    AffineCode(sample, reach: reaches[group] ?? ShortCodes.most, isExponent: exponents.contains(group)) { _ in nil }
  }
}

extension Graph {
  /// How far from 0 the codes of its input, or of both factors, may lie so that no sum of the node exceeds half of what int32 holds. `nil`
  /// for nodes that sum nothing, and where extents are open.
  fileprivate func reach(_ node: Node, _ x: ValueID) -> Int? {
    let room = 1 << 30 - 1
    if node.isProductOfValues(in: self), let op = node.op as? MatMul {
      return op.bounds(type(x).shape, 0...1, 0...1).map { Int((Double(room) / Double(max($0.upperBound, 1))).squareRoot()) }
    }
    if let weights = node.inputs.dropFirst().first.flatMap({ $0.flatMap { constants[$0] } }), node.isLayer,
      let shape = WeightShape(node.op, weights.dims), weights.doubles.allSatisfy(\.isFinite)
    {
      let unit = IntegerWeights(weights, channels: shape.outputs, channel: shape.output, codes: -1...1)
      return room / max(Int(unit.bounds.upperBound), 1)
    }
    if let op = node.op as? Normalise, op.divisor == .deviation { return op.count(type(x).shape).map { IntegerNormalise.reach($0) } }
    return IntegerSum(averaging: node, in: self, AffineCode(scale: 1, zero: 0)).map { room / max(Int($0.bounds.upperBound) / 255, 1) }
  }
}
