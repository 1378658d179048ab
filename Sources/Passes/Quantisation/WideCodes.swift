import GraphIR
import Operators
import Tensors

/// Values that are kept in 16 bits: of which sums, exponentials and squares are taken, and what is added to such. Where products and tables
/// read them too, these see them in eight bits.
struct WideCodes {
  private let graph: Graph
  private let groups: CodeGroups
  private let codes: [ValueID: AffineCode]
  /// By the value that stands for a group: how far from 0 its codes may lie.
  private var reaches: [ValueID: Int] = [:]
  /// Groups that a softmax reads.
  private var logits: Set<ValueID> = []
  private var refused: Set<ValueID> = []

  /// `codes` are those that values would have in eight bits.
  init(_ graph: Graph, _ groups: CodeGroups, _ codes: [ValueID: AffineCode]) {
    (self.graph, self.groups, self.codes) = (graph, groups, codes)
    for id in graph.inputs + graph.constants.keys { refused.insert(groups.representative(of: id)) }
    for node in graph.nodes {
      for id in node.outputs where !makesWide(node) { refused.insert(groups.representative(of: id)) }
      for (position, id) in node.inputs.enumerated() {
        if let id, graph.type(id).dtype == .float32 { read(id, node, position) }
      }
    }
    for node in graph.nodes.reversed() { widenTerms(of: node) }
  }

  private mutating func read(_ id: ValueID, _ node: Node, _ position: Int) {
    let group = groups.representative(of: id)
    if position >= node.operatorInputs.count || node.isLayer || node.op is Map || movesWide(node) { return }
    guard position == 0, let reach = reach(node, id) else {
      refused.insert(group)
      return
    }
    reaches[group] = min(reaches[group] ?? reach, reach)
    if node.op is Softmax { logits.insert(group) }
  }

  /// What is added to a wide value is wide.
  private mutating func widenTerms(of node: Node) {
    guard let result = node.outputs.first, isWide(groups.representative(of: result)) else { return }
    for id in node.op is Map ? node.inputs.compactMap({ $0 }) : node.epilogueInputs where graph.type(id).dtype == .float32 {
      let group = groups.representative(of: id)
      if reaches[group] == nil { reaches[group] = 32_767 }
    }
  }

  private func isWide(_ group: ValueID) -> Bool { reaches[group] != nil && !refused.contains(group) }

  private func reach(_ node: Node, _ id: ValueID) -> Int? {
    if let op = node.op as? Softmax, !op.isLogarithm { return 32_767 }
    guard let op = node.op as? Normalise, op.divisor == .deviation else { return nil }
    return op.count(graph.type(id).shape).map { IntegerNormalise.reach($0) }
  }

  private func makesWide(_ node: Node) -> Bool {
    if node.isLayer || node.isRowFunction || movesWide(node) { return true }
    if case .body? = IntegerMap(node, in: graph, codes) { return true }
    return false
  }

  private func movesWide(_ node: Node) -> Bool {
    node.handedOnInputs != nil && (node.op is Reshape || node.op is Transpose || node.op is Slice)
  }

  /// The code of a group from what calibration saw of it; `nil` where eight bits, as `narrow` has them, serve.
  func code(of group: ValueID, _ sample: ValueSample, narrow: AffineCode?) -> AffineCode? {
    guard let reach = reaches[group], isWide(group) else { return nil }
    return AffineCode(sample, reach: reach, isExponent: logits.contains(group)) { narrow ?? AffineCode(-$0...$0) }
  }
}

extension AffineCode {
  /// Around 0, over what calibration saw; its factor is made from how far it reaches. `nil` where calibration saw nothing, or too large
  /// numbers.
  init?(_ sample: ValueSample, reach: Int, isExponent: Bool, asFactor: (Double) -> AffineCode?) {
    guard sample.count > 0 else { return nil }
    // Masks of attention say "minus infinity", or so by large numbers; what counts lies above.
    let isMasked = sample.range.lowerBound < -1e4 || sample.strays > 0
    let least = isMasked ? sample.elements.filter { $0 > -1e4 }.min().map { Double($0) } ?? 0 : sample.range.lowerBound
    // With room for what calibration has not seen; what is masked has to be so far below that its exponential vanishes.
    let most = 1.25 * max(abs(least), abs(sample.range.upperBound)) + (isMasked && isExponent ? 20 : 0)
    guard most < 1e7 else { return nil }
    let scale = max(most / Double(reach), 1e-15)
    self.init(scale: isExponent ? Self.octaves(scale) : Double(Float(scale)), reach: reach, asFactor: asFactor(most))
  }

  /// The least step that is not smaller and a power of two of an octave.
  private static func octaves(_ scale: Double) -> Double {
    let octaves = scale * 1.442_695_040_888_963_4
    var power = 0x1p-15
    while power < octaves, power < 1 { power *= 2 }
    return Double(Float(max(power, octaves) / 1.442_695_040_888_963_4))
  }
}
