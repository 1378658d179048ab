import GraphIR
import LoopIR
import Operators
import Tensors

/// Which values of a graph are codes in truth, and which nodes can compute with these.
struct CodedValues {
  private(set) var codes: [ValueID: TensorCode] = [:]
  /// Sums of products, and averages, of codes; by first output.
  private(set) var sums: [ValueID: CodedSum] = [:]
  /// Values that exist as codes: those that somebody reads as such.
  private(set) var stored: Set<ValueID> = []

  init(_ graph: Graph) {
    for id in graph.inputs { codes[id] = Decoding(ElementwiseBody.input(0, graph.type(id).dtype)).flatMap { $0.code } }
    for node in graph.nodes { look(at: node, graph) }
    for node in graph.nodes.reversed() { stored.formUnion(codedInputs(node).filter { codes[$0] != nil }) }
  }

  private mutating func look(at node: Node, _ graph: Graph) {
    let result = node.outputs[0]
    sums[result] = CodedSum(node, graph, codes)
    if let body = node.finalBody {
      codes[result] = Decoding(body)?.code
    } else if let sources = node.handedOnInputs, let first = sources.first, let code = codes[first] {
      guard sources.allSatisfy({ codes[$0] == code }) else { return }
      if let pad = node.op as? Pad, pad.mode == .constant, code.code(exactly: pad.value) == nil { return }
      codes[result] = code
    }
  }

  /// What the node reads as codes.
  private func codedInputs(_ node: Node) -> [ValueID] {
    let result = node.outputs[0]
    let floats = node.finalBody == nil ? [] : node.bodyInputs.filter { codes[$0]?.dtype == .float32 }
    if let sum = sums[result] { return [sum.input] + floats }
    return moves(node) && stored.contains(result) ? node.handedOnInputs ?? [] : floats
  }

  /// The node hands on codes as it would hand on what these stand for.
  func moves(_ node: Node) -> Bool { node.finalBody == nil && node.handedOnInputs != nil && codes[node.outputs[0]] != nil }
}

extension Node {
  /// The elementwise body that makes the result.
  var finalBody: Expr? { op.elementwise?.body ?? epilogue?.body.body }

  /// What it reads, from `x0` in a map and from `x1` in an epilogue.
  var bodyInputs: [ValueID] { op.elementwise == nil ? epilogueInputs : inputs.compactMap { $0 } }
}
