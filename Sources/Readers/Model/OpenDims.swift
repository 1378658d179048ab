import Tensors

/// Turns the extents that a model leaves open into constants or bounded symbols, as the user settles them.
struct OpenDims {
  private(set) var bounds: [String: ClosedRange<Int>] = [:]
  private(set) var names: [String] = []
  /// The first batch that the model fixes to another size than the user asks for.
  private var otherBatch: Diagnostic?

  /// What is wrong where a batch is asked for and no input leaves it open.
  var batchProblem: Diagnostic? { names.contains("batch") ? nil : otherBatch }

  /// The extent of `axis` of the input `input`; `declared` is what the model says, `nil` where it leaves it open.
  mutating func extent(_ declared: Int?, axis: Int, of input: String, _ session: ReadSession) throws(Diagnostic) -> Dim {
    if axis == 0 { return try batch(declared, of: input, session) }
    let name = "\(input).\(axis)"
    if let declared {
      guard declared > 0 else { throw Diagnostic("axis \(axis) of the input \"\(input)\" has the extent \(declared)") }
      return Dim(declared)
    }
    return try open(name, session.setting(name), "the input \"\(input)\" leaves axis \(axis) open")
  }

  private mutating func batch(_ declared: Int?, of input: String, _ session: ReadSession) throws(Diagnostic) -> Dim {
    let asked = session.options.batch ?? session.setting("batch")
    guard let declared else { return try open("batch", asked ?? .fixed(1), "the batch is open") }
    if let asked, asked != .fixed(declared), otherBatch == nil {
      otherBatch = Diagnostic(
        "the input \"\(input)\" has a batch of \(declared)", hint: "leave --batch out, or export the model with an open batch")
    }
    return Dim(declared)
  }

  /// The extent of the open dimension `name`.
  mutating func open(_ name: String, _ setting: ReadOptions.Extent?, _ found: String) throws(Diagnostic) -> Dim {
    names.append(name)
    switch setting {
    case nil: throw Diagnostic(found, hint: "settle it with --dim \(name)=32, or with --dim \(name)=..256 to keep it open up to a bound")
    case .fixed(let value):
      guard value >= 0, value <= Self.largest else {
        throw Diagnostic("\(name) is set to \(value)", hint: "it takes a number that is not negative")
      }
      return Dim(value)
    case .upTo(let bound):
      guard bound > 0, bound <= Self.largest else { throw Diagnostic("\(name) is bounded by \(bound)", hint: "it takes a positive number") }
      bounds[name] = 1...bound
      return .symbol(name)
    }
  }

  private static let largest = 1 << 30
}
