import GraphIR
import LoopIR
import Tensors

/// An operator whose nest computes the rows of its output, `[N, H, …]`, one after the other, each from the rows of its first input
/// that lie under a window.
package protocol RowOperator: Operator {
  /// The window along the rows and its taps; `nil` where the nest has another shape.
  func rowWindow(_ inputs: [TensorType?]) -> RowWindow?
}

package struct RowWindow: Hashable, Sendable {
  package let axis: WindowAxis
  package let taps: Int
}

/// A chain of layers, `[N, H, …] → [N, H', …]`, each the first input of the next, that is computed step by step: every layer the rows
/// that the next rows of the last one need. Of what lies between them only the rows that are still to be read have memory.
///
/// Made by the compiler alone: no format spells its body.
package struct Cascade: Operator {
  package static let name = "cascade"
  package static var attributes: [Attribute<Cascade>] { [.int("rows", \.rows), .int("parts", \.parts)] }
  /// The layers, all of them `RowOperator`s. Its inputs are those of the operator.
  package var body = Graph(name: "chain")
  /// Rows of the last layer that a step computes.
  package var rows = 1
  /// Parts of the steps that need none of each other's rows: each first computes again what the one before has left of its last.
  package var parts = 1

  package init() {}
  package init(_ body: Graph, rows: Int = 1, parts: Int = 1) {
    self.body = body
    self.rows = rows
    self.parts = parts
  }

  package func mappingBodies(_ transform: (Graph) throws(Diagnostic) -> Graph) throws(Diagnostic) -> any Operator {
    Cascade(try transform(body), rows: rows, parts: parts)
  }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    guard inputs.elementsEqual(body.types(body.inputs), by: { $0?.dtype == $1?.dtype && $0?.shape == $1?.shape }) else {
      throw Diagnostic("a chain of layers is given \(inputs)", hint: "it takes \(body.types(body.inputs))")
    }
    guard parts > 0 else { throw Diagnostic("\(parts) parts of a chain of layers", hint: "there is at least one") }
    guard rows > 0, let layers = CascadeLayer.all(in: body), let last = layers.last, body.outputs.map(\.value) == last.node.outputs else {
      throw Diagnostic("\(rows) rows of \(body) are computed at a time", hint: "a chain of layers with rows of known extents is expected")
    }
    return [body.type(body.outputs[0].value)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    try Interpreter(body).outputs(try inputs.indices.map { (position) throws(Diagnostic) in try inputs.required(position) })
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    CascadeLayer.all(in: body).map { CascadeNest(body, CascadeSteps($0, rows: rows), parts: parts, operands).statements() } ?? []
  }

  package func workspaces(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [TensorType] {
    guard let layers = CascadeLayer.all(in: body) else { return [] }
    let steps = CascadeSteps(layers, rows: rows)
    return layers.indices.dropLast().map { position in
      let type = layers[position].output
      return TensorType(type.dtype, [Dim(steps.kept[position])] + type.shape.dropFirst(2))
    }
  }

  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim { body.macs }
}

/// One layer of a chain.
struct CascadeLayer {
  let node: Node
  let window: RowWindow
  let output: TensorType
  /// Rows of the output.
  let height: Int

  /// The layers of a chain in order; `nil` if the graph is none.
  static func all(in body: Graph) -> [CascadeLayer]? {
    var layers: [CascadeLayer] = []
    for node in body.nodes {
      let isNext = layers.last.map { node.inputs.first == $0.node.outputs[0] } ?? (node.inputs.first == body.inputs.first)
      guard isNext, let op = node.op as? any RowOperator, node.outputs.count == 1 else { return nil }
      let output = body.type(node.outputs[0])
      guard let window = op.rowWindow(body.types(node.operatorInputs)), let height = output.shape[1].constant else { return nil }
      guard output.layout == .rowMajor, output.shape.dropFirst().allSatisfy({ $0.constant != nil }) else { return nil }
      layers.append(CascadeLayer(node: node, window: window, output: output, height: height))
    }
    return layers.isEmpty ? nil : layers
  }
}

/// Which rows each layer computes in which step: in step `t`, `counts` rows from `t * counts + starts` on, those that exist.
struct CascadeSteps {
  let layers: [CascadeLayer]
  private(set) var counts: [Int]
  private(set) var starts: [Int]
  /// Rows of each layer but the last that have memory.
  private(set) var kept: [Int]
  /// Steps until all rows are computed.
  let steps: Int
  /// By how many steps each layer has to begin before the last one, so that the rows are there that the next ones read.
  let leads: [Int]

  init(_ layers: [CascadeLayer], rows: Int) {
    self.layers = layers
    counts = [rows]
    starts = [0]
    kept = []
    // From the last layer to the first: a layer is as far ahead as the windows of the next one reach.
    for next in layers.dropFirst().reversed() {
      let (axis, reach) = (next.window.axis, next.window.axis.reach(next.window.taps))
      kept.insert((counts[0] - 1) * axis.stride + reach, at: 0)
      starts.insert((starts[0] - 1) * axis.stride - axis.before + reach, at: 0)
      counts.insert(counts[0] * axis.stride, at: 0)
    }
    // The first step begins so early that no layer has left rows out.
    let early = zip(starts, counts).map { $0.ceilingDivision(by: $1) }.max() ?? 0
    let first = -Swift.max(early, 0)
    starts = zip(starts, counts).map { $0 + first * $1 }
    steps = layers[layers.count - 1].height.ceilingDivision(by: rows) - first
    leads = zip(kept, counts).reversed().reduce(into: [0]) { leads, layer in
      leads.insert(leads[0] + (layer.0 - layer.1).ceilingDivision(by: layer.1), at: 0)
    }
  }

  /// Whether all rows that the steps of a layer name exist.
  func exist(_ layer: Int) -> (below: Bool, above: Bool) {
    (starts[layer] >= 0, (steps - 1) * counts[layer] + starts[layer] + counts[layer] <= layers[layer].height)
  }
}
