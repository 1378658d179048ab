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
  /// Sums of products with all codes that there are, over all channels.
  let bounds: ClosedRange<Int64>

  /// `channel` tells to which output a weight belongs; steps are at least as large as `leastSteps`, where such are given; `codes` are the least and the
  /// greatest that they are multiplied with.
  init(_ weights: Tensor, channels: Int, channel: (Int) -> Int, leastSteps: [Double]? = nil, codes: ClosedRange<Int> = 0...255) {
    let reals = weights.doubles
    var peaks = [Double](repeating: 0, count: channels)
    for (flat, real) in reals.enumerated() { peaks[channel(flat)] = max(peaks[channel(flat)], abs(real)) }
    let steps = peaks.enumerated().map { channel, peak in max(peak / 127, leastSteps?[channel] ?? 0, 1e-30) }
    let integers = reals.enumerated().map { flat, real in
      Int64(min(max((real / steps[channel(flat)]).rounded(.toNearestOrEven), -127), 127))
    }
    self.init(integers, weights.dims, steps: steps, codes: codes, channel)
  }

  /// Of numbers that int8 holds; `channel` tells to which output one belongs, and `steps` has one for each output.
  init(_ integers: [Int64], _ dims: [Int], steps: [Double], codes: ClosedRange<Int> = 0...255, _ channel: (Int) -> Int) {
    var sums = [Int64](repeating: 0, count: steps.count)
    var (least, most) = (sums, sums)
    for (flat, integer) in integers.enumerated() {
      let k = channel(flat)
      sums[k] += integer
      let ends = [integer * Int64(codes.lowerBound), integer * Int64(codes.upperBound)]
      least[k] += min(ends[0], ends[1])
      most[k] += max(ends[0], ends[1])
    }
    tensor = Tensor(.int8, dims, integers: integers)
    self.steps = steps
    self.sums = sums
    bounds = (least.min() ?? 0)...(most.max() ?? 0)
  }
}
