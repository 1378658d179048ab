#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How much of a signal is left in a noisy copy of it, over any number of tensors.
struct SignalToNoise {
  private var signal = 0.0
  private var noise = 0.0

  mutating func add(_ expected: [Double], _ actual: [Double]) {
    for (x, y) in zip(expected, actual) where x.isFinite && y.isFinite {
      signal += x * x
      noise += (x - y) * (x - y)
    }
  }

  /// The noise as a share of the signal.
  var noiseShare: Double { noise == 0 ? 0 : noise / max(signal, 1e-300) }

  /// Infinite where there is no noise.
  var decibels: Double { noise == 0 ? .infinity : 10 * log10(max(signal, 1e-300) / noise) }
}

func exponential10(_ x: Double) -> Double { pow(10, x) }
