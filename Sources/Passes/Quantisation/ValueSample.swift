import Tensors

/// What calibration keeps of a value over all runs: its ends, and some of its elements.
package struct ValueSample: Hashable, Sendable {
  package private(set) var least = Double.infinity
  package private(set) var greatest = -Double.infinity
  /// Elements seen, and those of them that are no numbers or infinite.
  package private(set) var count = 0
  package private(set) var strays = 0
  /// In the order in which they were seen.
  package private(set) var elements: [Float] = []
  /// Elements are spread over each tensor; at most so many are taken of one.
  private let perTensor: Int

  package init(perTensor: Int) { self.perTensor = perTensor }

  package mutating func add(_ tensor: Tensor) {
    let floats = tensor.floats
    count += floats.count
    for float in floats {
      guard float.isFinite else {
        strays += 1
        continue
      }
      least = min(least, Double(float))
      greatest = max(greatest, Double(float))
    }
    let step = max(1, floats.count / max(perTensor, 1))
    // A stride that is odd meets all channels, however many there are.
    for index in stride(from: 0, to: floats.count, by: step.isMultiple(of: 2) ? step + 1 : step) where floats[index].isFinite {
      elements.append(floats[index])
    }
  }

  /// Both samples as one.
  package mutating func merge(_ other: ValueSample) {
    least = min(least, other.least)
    greatest = max(greatest, other.greatest)
    count += other.count
    strays += other.strays
    elements += other.elements
  }

  package var range: ClosedRange<Double> { least <= greatest ? least...greatest : 0...0 }
}
