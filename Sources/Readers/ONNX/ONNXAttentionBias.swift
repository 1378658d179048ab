import GraphIR
import Operators
import Tensors

/// What is added to the scores `[N, H, Q, K]` of attention: nothing where a query may see a key, `-inf` where it may not, and the numbers
/// of a mask.
struct ONNXAttentionBias {
  private let writer: GraphWriter
  private let dtype: DType
  /// What may be seen, as a condition that broadcasts.
  private var allowed: ValueID?
  private var mask: ValueID?
  /// Whether a query may be left without any key.
  private var mayBeEmpty = false

  init(_ writer: GraphWriter, _ dtype: DType) { (self.writer, self.dtype) = (writer, dtype) }

  /// A mask that tells by bool what is seen, or is added as it is. One that `mayHideAll` can leave queries without keys.
  mutating func add(mask given: ValueID, mayHideAll: Bool = true) throws(Diagnostic) {
    guard writer.dtype(given) == .bool || writer.dtype(given).isFloat, writer.rank(given) <= 4 else {
      throw Diagnostic("the mask is \(writer.type(given))", hint: "it is bool or a float, and broadcasts to [batch, heads, queries, keys]")
    }
    mayBeEmpty = mayBeEmpty || mayHideAll
    if writer.dtype(given) == .bool { return try require(given) }
    mask = try writer.cast(given, to: dtype, "mask")
  }

  /// Keys that are no later than the query, whose place is `places`, `[…, Q, 1]`; there may be none where places are negative.
  mutating func addCausal(_ places: ValueID, _ keys: Dim, mayBeEmpty: Bool = false) throws(Diagnostic) {
    self.mayBeEmpty = self.mayBeEmpty || mayBeEmpty
    try require(try writer.binary("less_equal", try row(keys), places, "causal"))
  }

  /// Keys no further from the query than the sizes of a window; a negative one is no bound.
  mutating func addWindow(left: Int, right: Int, _ places: ValueID, _ keys: Dim) throws(Diagnostic) {
    mayBeEmpty = mayBeEmpty || left >= 0 || right >= 0
    if left >= 0 {
      try require(try writer.binary("greater_equal", try row(keys), try writer.binary("subtract", places, Double(left), "first"), "left"))
    }
    if right >= 0 {
      try require(try writer.binary("less_equal", try row(keys), try writer.binary("add", places, Double(right), "last"), "right"))
    }
  }

  /// The first keys of each batch, as many as `lengths`, `[N, 1, 1, 1]`, says.
  mutating func addLengths(_ lengths: ValueID, _ keys: Dim) throws(Diagnostic) {
    mayBeEmpty = true
    try require(try writer.binary("less", try row(keys), lengths, "filled"))
  }

  /// The scores with the bias.
  func added(to scores: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    try total().map { (bias) throws(Diagnostic) in try writer.binary("add", scores, bias, label) } ?? scores
  }

  /// The weights with zeros in the rows of queries that see no key.
  func guarded(_ weights: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    guard mayBeEmpty, let isEmpty = try emptyRows() else { return weights }
    if let known = writer.graph.constants[isEmpty], known.integers.allSatisfy({ $0 == 0 }) { return weights }
    let chosen = try writer.apply("where", [.value(isEmpty), .number(0), .value(weights)], label)
    return try writer.cast(chosen, to: writer.dtype(weights), "\(label)/cast")
  }

  private mutating func require(_ condition: ValueID) throws(Diagnostic) {
    allowed = try allowed.map { (other) throws(Diagnostic) in try writer.binary("logical_and", other, condition, "allowed") } ?? condition
  }

  private func row(_ keys: Dim) throws(Diagnostic) -> ValueID {
    try writer.reshape(try writer.positions(keys, "keys"), [1, keys], "keys/row")
  }

  private func total() throws(Diagnostic) -> ValueID? {
    guard let allowed else { return mask }
    let choice = try writer.apply("where", [.value(allowed), .number(0), .number(-.infinity)], "bias")
    let bias = try writer.cast(choice, to: dtype, "bias/cast")
    return try mask.map { (mask) throws(Diagnostic) in try writer.binary("add", mask, bias, "bias/mask") } ?? bias
  }

  /// `[…, Q, 1]`: whether the whole row of the bias is `-inf`.
  private func emptyRows() throws(Diagnostic) -> ValueID? {
    if mask == nil, let allowed {
      let any = try writer.reduce(.any, allowed, axes: [writer.rank(allowed) - 1], keepDims: true, "seen")
      return try writer.unary("logical_not", any, [:], "unseen")
    }
    guard let bias = try total() else { return nil }
    let highest = try writer.reduce(.max, bias, axes: [writer.rank(bias) - 1], keepDims: true, "highest")
    return try writer.binary("equal", highest, -.infinity, "unseen")
  }
}
