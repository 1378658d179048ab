import Passes

/// How a model becomes one of integers.
public struct CalibrationOptions: Sendable {
  public enum Source: Hashable, Sendable {
    /// A .npz, .npy, .safetensors or raw file, or a folder of such.
    case file(String)
    /// The inputs of the model's own test vectors.
    case tests
    /// Numbers between -1 and 1: the ranges have nothing to do with what the model will see.
    case random(seed: UInt64)
  }

  public enum Method: String, CaseIterable, Sendable {
    /// The whole range that was seen.
    case minmax
    /// Without one element in ten thousand at either end.
    case percentile
    /// The range that keeps the distribution best.
    case entropy
    /// The least mean squared error.
    case mse
    /// For each tensor the one that does best on elements that it was not chosen by; large errors weigh most.
    case best
  }

  /// Whether channels between layers are scaled first, so that their weights on both sides reach equally far.
  public enum Equalisation: String, CaseIterable, Sendable {
    case never
    case always
    /// Where the outputs keep more of the signal on rows that calibration has seen.
    case best
  }

  /// What values between layers become.
  public enum Values: String, CaseIterable, Sendable {
    /// Eight bits, and 16 where sums, exponentials and squares are taken of them.
    case int8
    /// 16 bits, or as many as the sums of what reads them leave room for.
    case int16
  }

  public var source: Source
  public var values = Values.int8
  public var method = Method.best
  public var equalisation = Equalisation.best
  /// Runs that ranges are taken from, at most; the rest of the data is left for measuring.
  public var rows = 100
  /// What is taken out of the model before.
  public var pruning = Pruning.none

  public init(_ source: Source) { self.source = source }
}

extension CalibrationOptions.Method {
  var rangeMethod: RangeMethod {
    switch self {
    case .minmax: .minmax
    case .percentile: .percentile
    case .entropy: .entropy
    case .mse: .mse
    case .best: .best
    }
  }
}
