import GraphIR
import LoopIR
import Tensors

/// `h' = activation(x + h · R)`. Inputs and outputs as `RecurrentCell` says; the initial state is input 3.
package struct SimpleRNN: RecurrentCell {
  package static let name = "simple_rnn"
  package static var attributes: [Attribute<SimpleRNN>] {
    [
      .string("activation", \.activation.name), .floats("activation_parameters", \.activation.parameters),
      .float("clip", \.clip), .bool("go_backwards", \.goBackwards), .bool("zero_output_for_mask", \.zeroOutputForMask),
    ]
  }
  static let gateCount = 1
  static let stateCount = 1
  package var activation = Activation("tanh")
  package var clip = Double.infinity
  package var goBackwards = false
  package var zeroOutputForMask = false

  package init() {}

  package var acceptsEpilogue: Bool { true }
  var activations: [Activation] { [activation] }

  func step(
    _ x: [Double], _ states: [[Double]], extra: [Double]?, product: ([Double]) -> [Double]
  ) throws(Diagnostic) -> [[Double]] {
    let sums = zip(x, product(states[0])).map { $0 + $1 }
    return [try sums.map { (sum) throws(Diagnostic) in try value(activation, sum) }]
  }

  func step(_ nest: RecurrentNest) -> [Stmt] {
    [
      nest.multiply("gates", nest.state(0), columns: 0..<1) { nest.input($0) },
      loop("u", to: Expr(nest.units)) { u in nest.update(u, [applied(activation, to: nest.gates[u])]) },
    ]
  }
}
