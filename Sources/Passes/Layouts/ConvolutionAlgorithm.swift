/// How a convolution that Winograd's algorithm can compute is computed.
package enum ConvolutionAlgorithm: String, Hashable, Sendable, CaseIterable {
  /// Products are summed.
  case direct
  /// Squares of so many results at a time.
  case winograd2 = "winograd 2x2"
  case winograd4 = "winograd 4x4"

  /// Results along a side of a square; `nil` where there are none.
  var tile: Int? {
    switch self {
    case .direct: nil
    case .winograd2: 2
    case .winograd4: 4
    }
  }
}

/// What was measured to be the best for layers, by the names of the values that they compute. The cost model decides about others.
package struct AlgorithmChoices: Hashable, Sendable {
  package var layers: [String: ConvolutionAlgorithm]
  /// For every layer that is not named, to find out what is the best.
  package var others: ConvolutionAlgorithm?

  package init(_ layers: [String: ConvolutionAlgorithm] = [:], others: ConvolutionAlgorithm? = nil) {
    self.layers = layers
    self.others = others
  }

  subscript(name: String) -> ConvolutionAlgorithm? { layers[name] ?? others }
}
