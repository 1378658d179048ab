/// How the C of a model is to be timed.
public struct ProfileOptions: Sendable {
  /// What is compiled.
  public var compile: CompileOptions
  /// The C compiler and its flags, as in a shell without quotes; by default what CC says, or `cc`, with `-O3`.
  public var compiler: String?
  /// Runs that are timed; by default as many as fit into two seconds.
  public var runs: Int?
  /// What one core can do at most, in float32 operations a second; measured where it is not given.
  public var peak: Double?

  public init(_ compile: CompileOptions) { self.compile = compile }
}

/// Where the time of a model goes, on random inputs, with open dimensions at their upper bounds.
public struct Profile: Sendable {
  /// A node of the optimised graph that has code.
  public struct Layer: Sendable {
    public let name: String
    public let operation: String
    /// How often it runs in one run of the model.
    public let calls: Int
    /// In one run of the model: the median of all, in seconds.
    public let seconds: Double
    /// Products and sums in one run of the model. Where an algorithm does with fewer, those that the definition needs.
    public let operations: Int
    /// Bytes that one run of the model reads and writes in it, each once.
    public let bytes: Int
    /// `nil` where there is nothing to multiply.
    public var operationsPerSecond: Double? { operations > 0 && seconds > 0 ? Double(operations) / seconds : nil }
    public var bytesPerSecond: Double? { seconds > 0 ? Double(bytes) / seconds : nil }
  }

  public let compilation: Compilation
  public let layers: [Layer]
  public let runs: Int
  /// Of one run of the model.
  public let fastestSeconds: Double
  public let medianSeconds: Double
  /// What compiled the C, and how long that took.
  public let compiler: String
  public let compilerSeconds: Double
  public let machine: MachineLimits

  public var target: String { compilation.options.target }

  public var operations: Int { layers.reduce(0) { $0 + $1.operations } }

  /// The share of a layer in the time of all.
  public func share(of layer: Layer) -> Double {
    let total = layers.reduce(0) { $0 + $1.seconds }
    return total > 0 ? layer.seconds / total : 0
  }

  /// The machine needs longer to move the bytes of the layer through memory than to compute.
  public func isBoundByMemory(_ layer: Layer) -> Bool {
    Double(layer.bytes) * machine.operationsPerSecond > Double(layer.operations) * machine.bytesPerSecond
  }
}

/// The most that one core of this machine can do.
public struct MachineLimits: Sendable {
  /// Float32 operations, of which a product and a sum are two.
  public let operationsPerSecond: Double
  /// Read from memory.
  public let bytesPerSecond: Double
}
