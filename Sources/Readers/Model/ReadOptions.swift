/// What the user settles about a model when it is read.
package struct ReadOptions: Sendable {
  /// An extent that a model leaves open.
  package enum Extent: Hashable, Sendable {
    case fixed(Int)
    /// Open when the C runs, from 1 up to this bound.
    case upTo(Int)
  }

  /// The file with the weights, where they are not found by convention.
  package var modelWeights: String?
  /// `nil`: as the model has it, and 1 where it leaves the batch open.
  package var batch: Extent?
  /// By name: the model's symbol, or input and axis (`input_1.1`).
  package var dims: [String: Extent]
  /// Test data in files of their own beside the model is read too.
  package var readsTestData = false

  package init(modelWeights: String? = nil, batch: Extent? = nil, dims: [String: Extent] = [:]) {
    self.modelWeights = modelWeights
    self.batch = batch
    self.dims = dims
  }
}
