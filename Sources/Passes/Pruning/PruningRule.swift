import Tensors

/// What is to be pruned and where, as `--prune` takes it: a pattern, and behind an `@` the layers that it is for.
package struct PruningRule: Hashable, Sendable {
  package enum Pattern: Hashable, Sendable {
    /// The smallest weights, as a share.
    case magnitude(Double)
    /// Of every `group` weights in a row along the inputs all but the `keep` largest.
    case groups(keep: Int, of: Int)
    /// Whole blocks of inputs by outputs, as a share.
    case blocks(inputs: Int, outputs: Int, Double)
    /// Whole output channels, as a share: nothing of them is computed any more.
    case channels(Double)
    /// All but those of a tensor that are zero; the others become what they are there.
    case weights(Tensor)
    /// Nothing.
    case nothing
  }

  package var pattern: Pattern
  /// Names of layers, in which `*` stands for any characters; `nil` for all layers.
  package var layers: String?
  /// As the user wrote it.
  package let text: String

  /// `magnitude:0.8`, `nm:2:4`, `block:4x16:0.8`, `channels:0.5`, `none`; with `@NAME` for some layers.
  package init(_ text: String) throws(Diagnostic) {
    self.text = text
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
    layers = parts.count > 1 ? parts[1] : nil
    let fields = parts[0].split(separator: ":", omittingEmptySubsequences: false).map { String($0) }
    guard layers != "", let pattern = try Self.pattern(fields) else {
      throw Diagnostic(
        "\"\(text)\" says nothing of what is to be pruned",
        hint: "magnitude:0.8, nm:2:4, block:4x16:0.8, channels:0.5 or none is expected, for some layers with @NAME behind it")
    }
    self.pattern = pattern
  }

  /// Weights for the layer of that name.
  init(_ weights: Tensor, for layer: String) {
    pattern = .weights(weights)
    layers = layer
    text = layer
  }

  private static func pattern(_ fields: [String]) throws(Diagnostic) -> Pattern? {
    switch (fields[0], fields.count) {
    case ("none", 1): return .nothing
    case ("magnitude", 2): return .magnitude(try share(fields[1]))
    case ("channels", 2): return .channels(try share(fields[1]))
    case ("nm", 3): return try groups(fields[1], fields[2])
    case ("block", 3): return try blocks(fields[1], try share(fields[2]))
    default: return nil
    }
  }

  /// A share that leaves something.
  private static func share(_ text: String) throws(Diagnostic) -> Double {
    guard let share = Double(text), share >= 0, share < 1 else {
      throw Diagnostic("the sparsity is \"\(text)\"", hint: "a number from 0 to less than 1 is expected: the share of weights that go")
    }
    return share
  }

  private static func groups(_ keep: String, _ size: String) throws(Diagnostic) -> Pattern {
    guard let keep = Int(keep), let size = Int(size), keep >= 1, keep <= size, size <= 1024 else {
      throw Diagnostic("\"\(keep)\" of \"\(size)\" weights are to be kept", hint: "nm:N:M keeps N of M, with 1 ≤ N ≤ M ≤ 1024: nm:2:4")
    }
    return .groups(keep: keep, of: size)
  }

  private static func blocks(_ extents: String, _ share: Double) throws(Diagnostic) -> Pattern {
    let numbers = extents.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard numbers.count == 2, numbers.allSatisfy({ (1...65536).contains($0) }) else {
      throw Diagnostic("blocks are \"\(extents)\"", hint: "inputs times outputs are expected, each from 1 to 65536: block:4x16:0.8")
    }
    return .blocks(inputs: numbers[0], outputs: numbers[1], share)
  }
}

extension PruningRule {
  /// Whether the rule is for a layer that goes by these names; `dense` stands for `dense/matmul`, too.
  func matches(_ names: [String]) -> Bool {
    guard let layers else { return true }
    if case .weights = pattern { return names.first == layers }
    return names.contains { name in matches(name[...], layers[...]) || matches(name[...], (layers + "/*")[...]) }
  }

  private func matches(_ name: Substring, _ pattern: Substring) -> Bool {
    guard let first = pattern.first else { return name.isEmpty }
    if first == "*" {
      let rest = pattern.drop { $0 == "*" }
      return rest.isEmpty || name.indices.contains { name[$0] == rest.first && matches(name[$0...], rest) }
    }
    return name.first == first && matches(name.dropFirst(), pattern.dropFirst())
  }
}
