import GraphIR
import LoopIR
import Tensors

/// The loops of `Cascade`: over steps, and in them the nests of the layers, each for the rows of its step.
struct CascadeNest {
  private let steps: CascadeSteps
  private let parts: Int
  private let operands: Operands
  /// Where the values of the body lie.
  private let views: [ValueID: TensorView]

  init(_ body: Graph, _ steps: CascadeSteps, parts: Int, _ operands: Operands) {
    self.steps = steps
    self.parts = min(parts, steps.steps)
    self.operands = operands
    var views: [ValueID: TensorView] = [:]
    for (id, view) in zip(body.inputs, operands.inputs) { views[id] = view }
    for (position, layer) in steps.layers.enumerated() {
      let isLast = position == steps.layers.count - 1
      views[layer.node.outputs[0]] = isLast ? operands.output : Self.rows(of: layer, steps.kept[position], operands.workspaces[position])
    }
    self.views = views
  }

  /// The whole output of a layer, of which the rows that are kept lie in `memory`.
  private static func rows(of layer: CascadeLayer, _ kept: Int, _ memory: TensorView) -> TensorView {
    TensorView(memory.buffer, layer.output, strides: [0] + memory.strides, periods: [1: kept])
  }

  func statements() -> [Stmt] {
    [
      loop("n", to: operands.output.extent(0), scratch: operands.workspaces) { n in
        loop("p", to: .index(parts), scratch: operands.workspaces) { p in part(n, p) }
      }
    ]
  }

  /// The steps of a part. In those before its own, layers compute the rows that it begins with.
  private func part(_ n: Expr, _ part: Expr) -> Stmt {
    let own = part * .index(steps.steps) / .index(parts)
    let end = (part + 1) * .index(steps.steps) / .index(parts)
    let leads = parts == 1 ? steps.leads.map { _ in 0 } : steps.leads
    return loop("t", from: leads[0] == 0 ? own : maximum(0, own - .index(leads[0])), to: end) { t in
      for layer in steps.layers.indices {
        let rows = rows(layer, n, t)
        if leads[layer] == leads[0] { rows } else { branch(t .>= own - .index(leads[layer])) { rows } }
      }
    }
  }

  /// What a layer computes in a step.
  private func rows(_ layer: Int, _ n: Expr, _ t: Expr) -> [Stmt] {
    let (count, start) = (steps.counts[layer], steps.starts[layer])
    if count == 1 { return row(layer, n, t + .index(start)) }
    return [loop("q_\(layer)", to: .index(count)) { q in row(layer, n, t * .index(count) + q + .index(start)) }]
  }

  /// A row, where it exists.
  private func row(_ layer: Int, _ n: Expr, _ row: Expr) -> [Stmt] {
    let body = nest(of: layer).renamed("_\(layer)").map { $0.substituting(["n": n, "o0": row]) }
    let exist = steps.exist(layer)
    let conditions =
      (exist.below ? [] : [row .>= 0]) + (exist.above ? [] : [row .< .index(steps.layers[layer].height)])
    guard let first = conditions.first else { return body }
    return [.branch(conditions.dropFirst().reduce(first) { $0 .&& $1 }, then: body, else: [])]
  }

  /// What the nest of a layer holds inside of its loops over batch and rows.
  private func nest(of layer: Int) -> [Stmt] {
    let node = steps.layers[layer].node
    func view(_ id: ValueID) -> TensorView {
      guard let view = views[id] else { preconditionFailure("a value of the chain has no place") }
      return view
    }
    let own = Operands(
      inputs: node.operatorInputs.map { $0.map(view) }, outputs: [view(node.outputs[0])], epilogue: node.epilogue,
      epilogueOperands: node.epilogueInputs.map(view))
    let statements = node.op.lower(own)
    guard statements.count == 1, case .loop(let batch) = statements[0], batch.variable == "n", batch.body.count == 1,
      case .loop(let rows) = batch.body[0], rows.variable == "o0"
    else { preconditionFailure("\(node.op.name) has no loop over rows") }
    return rows.body
  }
}
