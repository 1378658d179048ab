/// What integers, narrow weights and pruning cost and save: a model as it is against what has become of it.
public struct CompressionReport: Sendable {
  /// One node of what has become of the model.
  public struct Layer: Sendable {
    public let name: String
    public let operation: String
    /// The type that it computes in: `int8`, `int16` (with weights of eight bits) or `float32`.
    public let arithmetic: String
    /// The type of its weights, where that is narrower than float32.
    public let weights: String?
    /// Why it does not compute on integers, where it does not.
    public let reason: String?
    public let macs: Int
    /// Constant data, before and now.
    public let floatBytes: Int
    public let bytes: Int
    /// What its int32 sums can be, whatever it reads; `nil` where it has none. That they lie within int32 is what keeps them from overflow.
    public let sumBounds: ClosedRange<Int64>?
    /// Of its result, in decibels: `nil` where nothing is to be compared, infinite where there is no difference.
    public let signalToNoise: Double?
  }

  /// The share of rows whose largest output is at the label.
  public struct Accuracy: Sendable {
    public let rows: Int
    public let float: Double
    public let quantised: Double
    /// With a probability of 95 %, of each share (Wilson's score interval).
    public let floatInterval: ClosedRange<Double>
    public let quantisedInterval: ClosedRange<Double>
    /// With a probability of 95 %, of what integers lose, from the rows on which only one of both is right.
    public let dropInterval: ClosedRange<Double>
    public var drop: Double { float - quantised }
  }

  public internal(set) var layers: [Layer]
  /// Of the outputs, by name, in decibels.
  public internal(set) var outputs: [(name: String, signalToNoise: Double)]
  /// Runs that were compared, none where there was no data, and whether calibration has seen them.
  public internal(set) var rows: Int
  public internal(set) var rowsWereCalibratedOn: Bool
  public internal(set) var accuracy: Accuracy?
  public internal(set) var floatWeightsBytes: Int
  public internal(set) var weightsBytes: Int
  /// Of the fastest run on this machine, as it is and now, where that was measured.
  public internal(set) var seconds: (float: Double, quantised: Double)?
  public internal(set) var floatArenaBytes: Int
  public internal(set) var arenaBytes: Int
  public var macs: Int { layers.reduce(0) { $0 + $1.macs } }
  public var integerMACs: Int { layers.reduce(0) { $0 + ($1.arithmetic == "float32" ? 0 : $1.macs) } }
}

extension CompressionReport.Accuracy {
  /// From whether each row was right, before and now.
  init(float: [Bool], quantised: [Bool]) {
    rows = float.count
    let (a, b) = (float.filter { $0 }.count, quantised.filter { $0 }.count)
    let count = Double(max(rows, 1))
    (self.float, self.quantised) = (Double(a) / count, Double(b) / count)
    (floatInterval, quantisedInterval) = (Self.wilson(a, of: rows), Self.wilson(b, of: rows))
    let lost = Double(zip(float, quantised).filter { $0 && !$1 }.count)
    let won = Double(zip(float, quantised).filter { !$0 && $1 }.count)
    let deviation = max(lost + won - (lost - won) * (lost - won) / count, 0).squareRoot() / count
    dropInterval = (lost - won) / count - 1.96 * deviation...(lost - won) / count + 1.96 * deviation
  }

  private static func wilson(_ right: Int, of rows: Int) -> ClosedRange<Double> {
    guard rows > 0 else { return 0...1 }
    let (n, z) = (Double(rows), 1.959964)
    let share = Double(right) / n
    let middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    let reach = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot() / (1 + z * z / n)
    return max(middle - reach, 0)...min(middle + reach, 1)
  }
}
