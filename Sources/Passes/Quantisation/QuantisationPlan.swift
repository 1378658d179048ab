/// What calibration has decided: how values of the graph that calibration saw become integers.
package struct QuantisationPlan: Hashable, Sendable {
  /// The names of the inputs and outputs of the graph that the plan is for: graphs inside it have others.
  package var ports: [String]
  /// By name of the value. Values without one stay floats.
  package var codes: [String: AffineCode]
  /// By name of the value, what the inputs of layers are on average, for each index of the last axis: what rounded weights add to a layer
  /// on average is taken from its bias.
  package var means: [String: [Double]] = [:]
  /// By name of the value, the largest magnitudes of what recurrent layers read and keep, over all steps, for each index of the last axis.
  package var peaks: [String: [Double]] = [:]
  /// By name of what a recurrent layer gives in all steps, what `StateMoments` gives of it.
  package var moments: [String: [Double]] = [:]
  /// Names of nodes that compute in float whatever codes there are.
  package var floatNodes: Set<String> = []
  /// Channels between layers are scaled before anything else.
  package var equalises = false

  package init(ports: [String], codes: [String: AffineCode]) {
    self.ports = ports
    self.codes = codes
  }
}
