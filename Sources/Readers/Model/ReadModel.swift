import GraphIR
import Tensors

/// A model as a reader hands it on.
package struct ReadModel: Sendable {
  package var graph: Graph
  package var warnings: [Diagnostic]
  /// Inputs and outputs that the model's files carry.
  package var tests: [TestVector]
  /// Every file that was read, in the order of reading.
  package var files: [String]
  /// What the model was recognised as: `TensorFlow.js layers model`.
  package var format: String
}

/// Inputs of one run and the outputs they must give.
package struct TestVector: Hashable, Sendable {
  package var inputs: [Tensor]
  package var outputs: [Tensor]
  /// The states are those that the run before left; otherwise they start at zero.
  package var continues: Bool
  /// The largest distance allowed, as a share of the largest magnitude; `nil` where the file says nothing.
  package var tolerance: Double?

  package init(inputs: [Tensor], outputs: [Tensor], continues: Bool = false, tolerance: Double? = nil) {
    self.inputs = inputs
    self.outputs = outputs
    self.continues = continues
    self.tolerance = tolerance
  }
}
