import GraphIR
import Operators
import Tensors

/// Attention of several heads: queries `[N, H, Q, D]`, keys `[N, G, K, D]` and values `[N, G, K, E]`, where `G` divides `H` and each head
/// of keys serves `H / G` heads of queries in a row.
extension GraphWriter {
  /// `[N, S, H · D]` as `[N, H, S, D]`.
  func headsParted(_ x: ValueID, _ count: Int, _ label: String) throws(Diagnostic) -> ValueID {
    let shape = shape(x)
    guard shape.count == 3, count > 0, let width = shape[2].exactQuotient(by: Dim(count)) else {
      throw Diagnostic("\(type(x)) is parted into \(count) heads", hint: "the last of three axes has to divide into them")
    }
    return try transpose(try reshape(x, [shape[0], shape[1], Dim(count), width], "\(label)/parted"), [0, 2, 1, 3], label)
  }

  /// `[N, H, S, D]` as `[N, S, H · D]`.
  func headsJoined(_ x: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    let shape = shape(x)
    return try reshape(try transpose(x, [0, 2, 1, 3], "\(label)/moved"), [shape[0], shape[2], shape[1] * shape[3]], label)
  }

  /// `scale · query · keyᵀ`, `[N, H, Q, K]`.
  func attentionScores(_ query: ValueID, _ key: ValueID, scale: Double, _ label: String) throws(Diagnostic) -> ValueID {
    var (rows, key) = (try sharedHeads(query, key, "\(label)/query"), key)
    let isNarrow = dtype(query).accumulator != dtype(query)
    if isNarrow {
      // Sums of products that are scaled too late could leave the range.
      let root = constant(Tensor(dtype(query), [], [scale.squareRoot()]), "\(label)/scale")
      rows = try binary("multiply", rows, root, "\(label)/query_scaled")
      key = try binary("multiply", key, root, "\(label)/key_scaled")
    }
    let product = try matmul(rows, key, transposeB: true, "\(label)/product")
    let scaled = isNarrow ? product : try binary("multiply", product, scale, "\(label)/scaled")
    return try reshape(scaled, Array(shape(query).prefix(3)) + [shape(key)[2]], label)
  }

  /// `weights · value`, `[N, H, Q, E]`.
  func attentionResult(_ weights: ValueID, _ value: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    let product = try matmul(try sharedHeads(weights, value, "\(label)/weights"), value, "\(label)/product")
    return try reshape(product, Array(shape(weights).prefix(3)) + [shape(value)[3]], label)
  }

  /// `[N, H, Q, …]` as `[N, G, H / G · Q, …]` for the heads of `other`: what one head of it serves lies in a row.
  private func sharedHeads(_ x: ValueID, _ other: ValueID, _ label: String) throws(Diagnostic) -> ValueID {
    let (own, shape) = (shape(x), shape(other))
    guard own.count == 4, shape.count == 4, own[0] == shape[0], let share = own[1].exactQuotient(by: shape[1]) else {
      throw Diagnostic(
        "\(type(x)) meets \(type(other))", hint: "attention takes [batch, heads, length, size], with a multiple of the heads of keys")
    }
    return try reshape(x, [own[0], shape[1], share * own[2], own[3]], label)
  }

  /// `0, 1, …` up to an extent, which may be open.
  func positions(_ extent: Dim, _ label: String) throws(Diagnostic) -> ValueID {
    if let count = extent.constant, (0...1 << 16).contains(count) { return counting(count, label) }
    return try add(Iota(extent, .int64), [], label)
  }
}
