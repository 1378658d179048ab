import Passes
import Tensors

/// Finds the best algorithm of each layer for which there are several, from timings of whole models.
package enum AlgorithmTuning {
  /// The ways to compile the model that are compared: as the cost model decides, and each algorithm wherever it can be.
  package static let variants: [AlgorithmChoices] =
    [AlgorithmChoices()] + ConvolutionAlgorithm.allCases.map { AlgorithmChoices(others: $0) }

  /// A choice replaces the cost model's where it takes less than this share of the time.
  private static let leastGain = 0.95

  /// Algorithms that win, by layer. `layers` are those of each variant, and `nanoseconds` their times; the padding of an input is
  /// part of a layer. One that some variant computes together with others cannot be compared.
  package static func choices(_ layers: [[(name: String, operation: String)]], _ nanoseconds: [[Double]]) -> [Tuning.Layer] {
    let tables = zip(layers, nanoseconds).map { layers, times in
      Dictionary(zip(layers, times).map { ($0.name, ($0.operation, $1)) }) { first, _ in first }
    }
    let names = layers[0].map(\.name).filter { name in
      let operations = tables.compactMap { $0[name]?.0 }
      let isAlone = operations.count == tables.count && operations.allSatisfy { $0.hasPrefix("winograd") || $0.hasPrefix("convolution") }
      return isAlone && operations.contains { $0.hasPrefix("winograd") }
    }
    return names.compactMap { name in
      let times = tables.map { ($0[name]?.1 ?? 0) + ($0[name + ".padded"]?.1 ?? 0) }
      guard let best = times.indices.min(by: { times[$0] < times[$1] }), best > 0, times[best] < times[0] * leastGain else { return nil }
      return Tuning.Layer(
        name: name, algorithm: ConvolutionAlgorithm.allCases[best - 1],
        times: Tuning.Times(defaultNanoseconds: times[0], nanoseconds: times[best]))
    }
  }
}
