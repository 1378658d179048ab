import Operators
import Tensors

/// Weights as integers from -127 to 127, with a step of its own for each output channel.
struct IntegerWeights {
  /// Of int8, with the extents of the weights.
  let tensor: Tensor
  /// The real number that one stands for, by channel.
  let steps: [Double]
  /// Of the integers, by channel.
  let sums: [Int64]
  /// Sums of products with codes from 0 to 255, over all channels.
  let bounds: ClosedRange<Int64>

  /// `channel` tells to which output a weight belongs; steps are at least as large as `leastSteps`.
  init(_ weights: Tensor, channels: Int, channel: (Int) -> Int, leastSteps: [Double]) {
    let reals = weights.doubles
    var peaks = [Double](repeating: 0, count: channels)
    for (flat, real) in reals.enumerated() { peaks[channel(flat)] = max(peaks[channel(flat)], abs(real)) }
    let steps = zip(peaks, leastSteps).map { max($0 / 127, $1, 1e-30) }
    var sums = [Int64](repeating: 0, count: channels)
    var (least, most) = (sums, sums)
    let integers = reals.enumerated().map { flat, real in
      let k = channel(flat)
      let integer = Int64(min(max((real / steps[k]).rounded(.toNearestOrEven), -127), 127))
      sums[k] += integer
      if integer < 0 { least[k] += integer * 255 } else { most[k] += integer * 255 }
      return integer
    }
    tensor = Tensor(.int8, weights.dims, integers: integers)
    self.steps = steps
    self.sums = sums
    bounds = (least.min() ?? 0)...(most.max() ?? 0)
  }
}
