import LoopIR
import Tensors

/// A row of `ElementwiseFunction` of one input inside another operator, with its numeric parameters.
package struct Activation: Hashable, Sendable {
  package var name: String
  /// In the order in which the row declares them; those that are missing keep their defaults.
  package var parameters: [Double]

  package init(_ name: String, _ parameters: [Double] = []) {
    self.name = name
    self.parameters = parameters
  }

  /// Refuses what is no function of one float.
  func check() throws(Diagnostic) {
    let row = try ElementwiseFunction.named(name)
    guard parameters.count <= row.defaults.count else {
      throw Diagnostic("\(name) is given \(parameters.count) parameters", hint: "it has \(row.defaults.count)")
    }
    _ = try row.map(given(row), of: [.float32])
  }

  /// The definition; the name has passed `check`.
  func value(_ x: Double) throws(Diagnostic) -> Double {
    let row = try ElementwiseFunction.named(name)
    return row.meaning([x], try row.attributes(given(row)))
  }

  func applied(to x: Expr) -> Expr {
    do throws(Diagnostic) {
      let row = try ElementwiseFunction.named(name)
      return try row.map(given(row), of: [x.dtype]).body.applied(to: [x])
    } catch { preconditionFailure("\(error) after check has passed") }
  }

  private func given(_ row: ElementwiseFunction) -> [String: Double] {
    Dictionary(uniqueKeysWithValues: zip(row.defaults.map(\.name), parameters))
  }
}
