import GraphIR
import LoopIR
import Tensors

/// Long short-term memory with the gates in Keras' order i, f, c, o, where `a = x + h · R`:
/// `c' = σ(f) c + σ(i) tanh(a_c)`, `h' = σ(o) tanh(c')`. Inputs and outputs as `RecurrentCell` says; input 3 is the initial h,
/// input 4 the initial c.
package struct LSTM: RecurrentCell {
  package static let name = "lstm"
  package static var attributes: [Attribute<LSTM>] {
    [
      .string("activation", \.activation.name), .floats("activation_parameters", \.activation.parameters),
      .string("recurrent_activation", \.recurrentActivation.name),
      .floats("recurrent_activation_parameters", \.recurrentActivation.parameters),
      .bool("go_backwards", \.goBackwards), .bool("zero_output_for_mask", \.zeroOutputForMask),
    ]
  }
  static let gateCount = 4
  static let stateCount = 2
  /// In place of tanh above.
  package var activation = Activation("tanh")
  /// In place of σ above.
  package var recurrentActivation = Activation("sigmoid")
  package var goBackwards = false
  package var zeroOutputForMask = false

  package init() {}

  package var acceptsEpilogue: Bool { true }
  var activations: [Activation] { [activation, recurrentActivation] }

  func step(
    _ x: [Double], _ states: [[Double]], bias: [Double]?, product: ([Double]) -> [Double]
  ) throws(Diagnostic) -> [[Double]] {
    let (h, c) = (states[0], states[1])
    let sums = zip(x, product(h)).map { $0 + $1 }
    let units = h.count
    var (newH, newC) = (h, c)
    for u in h.indices {
      let input = try recurrentActivation.value(sums[u])
      let forget = try recurrentActivation.value(sums[units + u])
      let output = try recurrentActivation.value(sums[3 * units + u])
      newC[u] = forget * c[u] + input * (try activation.value(sums[2 * units + u]))
      newH[u] = output * (try activation.value(newC[u]))
    }
    return [newH, newC]
  }

  func step(_ nest: RecurrentNest) -> [Stmt] {
    [
      nest.multiply("gates", nest.state(0), columns: 0..<4) { nest.input($0) },
      loop("u", to: Expr(nest.units)) { u in
        local("i", recurrentActivation.applied(to: nest.gates[u])) { i in
          local("f", recurrentActivation.applied(to: nest.gates[nest.column(1, u)])) { f in
            local("candidate", activation.applied(to: nest.gates[nest.column(2, u)])) { candidate in
              local("c", .multiplyAdd(f.value, nest.state(1)[u], .binary(.multiply, i.value, candidate.value))) { c in
                local("o", recurrentActivation.applied(to: nest.gates[nest.column(3, u)])) { o in
                  nest.update(u, [o.value * activation.applied(to: c.value), c.value])
                }
              }
            }
          }
        }
      },
    ]
  }
}
