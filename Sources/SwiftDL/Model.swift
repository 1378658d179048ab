import GraphIR
import Readers
import Tensors

/// An extent that a model leaves open, as the user settles it.
public enum Extent: Hashable, Sendable {
  /// Fixed when we compile.
  case fixed(Int)
  /// Open when the C runs, from 1 up to this bound.
  case upTo(Int)
}

/// What the user settles about a model when it is read.
public struct ModelOptions: Sendable {
  /// The file with the weights, where they are not found by the convention of the format.
  public var weights: String?
  /// The batch; 1 where the model leaves it open and nothing is said.
  public var batch: Extent?
  /// Other open extents by name: the model's symbol, or input and axis (`input_1.1`).
  public var dims: [String: Extent]
  /// Also reads the test data that lies beside the model in files of its own, for `check`.
  public var readsTestData = false

  public init(weights: String? = nil, batch: Extent? = nil, dims: [String: Extent] = [:]) {
    self.weights = weights
    self.batch = batch
    self.dims = dims
  }
}

/// A trained network, read and understood.
public struct Model: Sendable {
  package let source: ReadModel
  /// The file that it was read from.
  public let path: String

  /// Reads a model; its format is recognised by content.
  public init(contentsOf path: String, options: ModelOptions = ModelOptions()) throws(CompilerError) {
    do throws(Diagnostics) { source = try ModelReader.read(path, ReadOptions(options)) } catch { throw CompilerError(error.all) }
    self.path = path
  }

  /// What the format was recognised as.
  public var format: String { source.format }
  /// What is odd about the model but does not keep it from being compiled.
  public var warnings: [Problem] { source.warnings.map(Problem.init) }
  /// Every file that was read.
  public var files: [String] { source.files }
  /// The graph as text: inputs, constants, nodes with their types, outputs.
  public var text: String { source.graph.description }
  /// Learned numbers.
  public var parameterCount: Int { source.graph.constants.values.reduce(0) { $0 + $1.count } }
}

extension ReadOptions {
  fileprivate init(_ options: ModelOptions) {
    self.init(modelWeights: options.weights, batch: options.batch.map(Extent.init), dims: options.dims.mapValues(Extent.init))
    readsTestData = options.readsTestData
  }
}

extension ReadOptions.Extent {
  fileprivate init(_ extent: SwiftDL.Extent) {
    switch extent {
    case .fixed(let value): self = .fixed(value)
    case .upTo(let bound): self = .upTo(bound)
    }
  }
}
