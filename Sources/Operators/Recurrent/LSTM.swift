import GraphIR
import LoopIR
import Tensors

/// Long short-term memory with the gates in Keras' order i, f, c, o, where `a = x + h · R`:
/// `c' = σ(f) c + σ(i) tanh(a_c)`, `h' = σ(o) tanh(c')`. Inputs and outputs as `RecurrentCell` says; input 3 is the initial h,
/// input 4 the initial c, input 5 the peepholes `[3 * units]` for i, f and o: the first two times c, the last times c', are
/// added to the sums of these gates.
package struct LSTM: RecurrentCell {
  package static let name = "lstm"
  package static var attributes: [Attribute<LSTM>] {
    [
      .string("activation", \.activation.name), .floats("activation_parameters", \.activation.parameters),
      .string("recurrent_activation", \.recurrentActivation.name),
      .floats("recurrent_activation_parameters", \.recurrentActivation.parameters),
      .string("output_activation", \.outputActivation.name), .floats("output_activation_parameters", \.outputActivation.parameters),
      .bool("couples_gates", \.couplesGates), .float("clip", \.clip), .bool("go_backwards", \.goBackwards),
      .bool("zero_output_for_mask", \.zeroOutputForMask), .bool("returns_cells", \.returnsCells),
    ]
  }
  static let gateCount = 4
  static let stateCount = 2
  /// In place of tanh above.
  package var activation = Activation("tanh")
  /// In place of σ above.
  package var recurrentActivation = Activation("sigmoid")
  /// Of c', for h'; without a name it is `activation`.
  package var outputActivation = Activation("")
  /// `1 - σ(i)` stands for σ(f).
  package var couplesGates = false
  package var clip = Double.infinity
  package var goBackwards = false
  package var zeroOutputForMask = false
  package var returnsCells = false

  package init() {}

  package var acceptsEpilogue: Bool { true }
  var activations: [Activation] { [activation, recurrentActivation, lastActivation] }
  private var lastActivation: Activation { outputActivation.name.isEmpty ? activation : outputActivation }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let types = try inferCell(inputs)
    try check("the peepholes", inputs.optional(Self.extraPosition), TensorType(types[0].dtype, [types[0].shape[2] * 3]))
    return types
  }

  func step(
    _ x: [Double], _ states: [[Double]], extra: [Double]?, product: ([Double]) -> [Double]
  ) throws(Diagnostic) -> [[Double]] {
    let (h, c) = (states[0], states[1])
    let sums = zip(x, product(h)).map { $0 + $1 }
    let units = h.count
    let peepholes = extra ?? [Double](repeating: 0, count: 3 * units)
    var (newH, newC) = (h, c)
    for u in h.indices {
      let input = try value(recurrentActivation, sums[u] + peepholes[u] * c[u])
      let forget = couplesGates ? 1 - input : try value(recurrentActivation, sums[units + u] + peepholes[units + u] * c[u])
      newC[u] = forget * c[u] + input * (try value(activation, sums[2 * units + u]))
      let output = try value(recurrentActivation, sums[3 * units + u] + peepholes[2 * units + u] * newC[u])
      newH[u] = output * (try lastActivation.value(newC[u]))
    }
    return [newH, newC]
  }

  func step(_ nest: RecurrentNest) -> [Stmt] {
    [
      nest.multiply("gates", nest.state(0), columns: 0..<4) { nest.input($0) },
      loop("u", to: Expr(nest.units)) { u in
        local("i", gate(nest, 0, u, peephole: 0, nest.state(1)[u])) { i in
          local("f", couplesGates ? .constant(1, nest.dtype) - i.value : gate(nest, 1, u, peephole: 1, nest.state(1)[u])) { f in
            local("candidate", applied(activation, to: nest.gates[nest.column(2, u)])) { candidate in
              local("c", .multiplyAdd(f.value, nest.state(1)[u], .binary(.multiply, i.value, candidate.value))) { c in
                local("o", gate(nest, 3, u, peephole: 2, c.value)) { o in
                  nest.update(u, [o.value * lastActivation.applied(to: c.value), c.value])
                }
              }
            }
          }
        }
      },
    ]
  }

  private func gate(_ nest: RecurrentNest, _ gate: Int, _ u: Expr, peephole: Int, _ cell: Expr) -> Expr {
    let sum = nest.gates[nest.column(gate, u)]
    let weight = nest.extra(Self.extraPosition, nest.column(peephole, u))
    return applied(recurrentActivation, to: weight.map { .multiplyAdd($0, cell, sum) } ?? sum)
  }
}
