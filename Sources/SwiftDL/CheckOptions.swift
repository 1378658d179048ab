/// How the C of a model is to be checked.
public struct CheckOptions: Sendable {
  public enum Engine: String, CaseIterable, Sendable {
    /// libtcc, in memory.
    case tcc
    /// The system's compiler at -O3, and dlopen.
    case cc
  }

  /// What is compiled.
  public var compile: CompileOptions
  public var engine = Engine.tcc
  /// Runs on random and extreme inputs, beside the model's own test vectors.
  public var runs = 3
  public var seed: UInt64 = 1
  /// The largest error allowed, as a share of the largest magnitude of a tensor; by default 2e-5, 1e-4 with recurrent layers, and half
  /// a step of float32 for each product where more than 335 are summed.
  public var tolerance: Double?
  /// A file of further test vectors.
  public var vectors: String?

  public init(_ compile: CompileOptions) { self.compile = compile }
}

/// What a check found.
public struct CheckReport: Sendable {
  /// One layer or output, over all runs.
  public struct Row: Sendable {
    public let name: String
    public let operation: String
    public internal(set) var maxAbsoluteError = 0.0
    /// As a share of the largest magnitude of the tensor.
    public internal(set) var maxRelativeError = 0.0
    /// Steps between neighbouring floats; `nil` where an infinity or NaN stands alone.
    public internal(set) var maxULP: UInt64? = 0
    /// How large `maxRelativeError` may be; test vectors may allow outputs more.
    public internal(set) var tolerance: Double
    public internal(set) var passes = true
    /// Where the error is largest.
    public internal(set) var worstCase = ""
    public internal(set) var worstElement = ""

    init(name: String, operation: String, tolerance: Double) {
      self.name = name
      self.operation = operation
      self.tolerance = tolerance
    }
  }

  /// Layers in the order in which they run, then outputs.
  public internal(set) var layers: [Row]
  public let runs: Int
  public let engine: String
  public let tolerance: Double
  /// Of the layer that sums the most products.
  public var largestTolerance: Double { layers.map(\.tolerance).max() ?? tolerance }
  /// The first row that differs by more than the tolerance.
  public var firstDivergence: Row? { layers.first { !$0.passes } }
}
