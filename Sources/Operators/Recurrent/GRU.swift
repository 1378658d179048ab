import GraphIR
import LoopIR
import Tensors

/// The gated recurrent unit with the gates in Keras' order z, r, h: `z = σ(x_z + h · R_z)`, `r = σ(x_r + h · R_r)`,
/// `h' = z h + (1 - z) tanh(x_h + …)`, where … is `r (h · R_h)` with `resetAfter`, else `(r h) · R_h`. Inputs and outputs as
/// `RecurrentCell` says; input 3 is the initial state, input 4 a bias `[3 * units]` of the products, which only `resetAfter`
/// needs (without, the projected input has taken it in).
package struct GRU: RecurrentCell {
  package static let name = "gru"
  package static var attributes: [Attribute<GRU>] {
    [
      .string("activation", \.activation.name), .floats("activation_parameters", \.activation.parameters),
      .string("recurrent_activation", \.recurrentActivation.name),
      .floats("recurrent_activation_parameters", \.recurrentActivation.parameters), .bool("reset_after", \.resetAfter),
      .float("clip", \.clip), .bool("go_backwards", \.goBackwards), .bool("zero_output_for_mask", \.zeroOutputForMask),
    ]
  }
  static let gateCount = 3
  static let stateCount = 1
  /// In place of tanh above.
  package var activation = Activation("tanh")
  /// In place of σ above.
  package var recurrentActivation = Activation("sigmoid")
  package var resetAfter = true
  package var clip = Double.infinity
  package var goBackwards = false
  package var zeroOutputForMask = false

  package init() {}

  package var acceptsEpilogue: Bool { true }
  var activations: [Activation] { [activation, recurrentActivation] }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let types = try inferCell(inputs)
    let bias = inputs.optional(Self.extraPosition)
    try check("the recurrent bias", bias, TensorType(types[0].dtype, [types[0].shape[2] * 3]))
    guard bias == nil || resetAfter else {
      throw Diagnostic("a recurrent bias is given", hint: "without reset_after, add it to the projected input")
    }
    return types
  }

  func step(
    _ x: [Double], _ states: [[Double]], extra: [Double]?, product: ([Double]) -> [Double]
  ) throws(Diagnostic) -> [[Double]] {
    let (h, units) = (states[0], states[0].count)
    func biased(_ sums: [Double]) -> [Double] { extra.map { zip(sums, $0).map { $0 + $1 } } ?? sums }
    let sums = biased(product(h))
    let gates = try zip(x, sums).prefix(2 * units).map { (pair) throws(Diagnostic) in try value(recurrentActivation, pair.0 + pair.1) }
    let reset = gates[units...]
    let inner =
      resetAfter
      ? zip(reset, sums[(2 * units)...]).map { $0 * $1 } : Array(product(zip(reset, h).map { $0 * $1 })[(2 * units)...])
    var new = h
    for u in h.indices { new[u] = gates[u] * h[u] + (1 - gates[u]) * (try value(activation, x[2 * units + u] + inner[u])) }
    return [new]
  }

  func step(_ nest: RecurrentNest) -> [Stmt] { resetAfter ? resettingAfter(nest) : resettingBefore(nest) }

  private func resettingAfter(_ nest: RecurrentNest) -> [Stmt] {
    let zero = Expr.constant(0, nest.dtype)
    return [
      nest.multiplyTogether("gates", nest.state(0), gates: 0..<3) { j, gate in
        let bias = nest.extra(Self.extraPosition, j)
        return gate == 2 ? bias ?? zero : bias.map { nest.input(j) + $0 } ?? nest.input(j)
      },
      loop("u", to: Expr(nest.units)) { u in
        local("r", applied(recurrentActivation, to: nest.gates[nest.column(1, u)])) { r in
          let inner = nest.gates[nest.column(2, u)]
          update(nest, u, nest.gates[u], .multiplyAdd(r.value, inner, nest.input(nest.column(2, u))))
        }
      },
    ]
  }

  private func resettingBefore(_ nest: RecurrentNest) -> [Stmt] {
    let reset = nest.workspace(0)
    return [
      nest.multiply("gates", nest.state(0), columns: 0..<2) { nest.input($0) },
      loop("v", to: Expr(nest.units)) { v in
        reset.store([v], applied(recurrentActivation, to: nest.gates[nest.column(1, v)]) * nest.state(0)[v])
      },
      nest.multiply("inner", reset, columns: 2..<3) { nest.input($0) },
      loop("u", to: Expr(nest.units)) { u in
        update(nest, u, nest.gates[u], nest.gates[nest.column(2, u)])
      },
    ]
  }

  private func update(_ nest: RecurrentNest, _ u: Expr, _ gate: Expr, _ sum: Expr) -> [Stmt] {
    local("z", applied(recurrentActivation, to: gate)) { z in
      local("candidate", applied(activation, to: sum)) { candidate in
        let kept = Expr.binary(.multiply, z.value, nest.state(0)[u])
        nest.update(u, [.multiplyAdd(.constant(1, nest.dtype) - z.value, candidate.value, kept)])
      }
    }
  }

  /// What `RecurrentCell` needs, and without `resetAfter` the state times the reset gate.
  package func workspaces(_ inputs: [TensorType?], _ outputs: [TensorType]) -> [TensorType] {
    let shared = cellWorkspaces(inputs, outputs)
    return resetAfter ? shared : shared + shared.suffix(1)
  }
}
