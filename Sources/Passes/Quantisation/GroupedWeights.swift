import GraphIR
import LoopIR
import Operators
import Tensors

/// Weights `[taps…, C, K]` as integers of four bits: each is a code less 8, times the scale of its group along C, times the step of its
/// output channel. As `GroupedProduct` reads them.
struct GroupedWeights {
  static let group = 32
  let codes: Tensor
  let scales: Tensor
  /// By output channel.
  let steps: [Double]

  /// The scale of a group is whatever loses least of it.
  init(_ weights: Tensor) {
    let (channels, outputs) = (weights.dims[weights.rank - 2], weights.dims[weights.rank - 1])
    let (taps, groups) = (weights.dims.dropLast(2).reduce(1, *), channels.ceilingDivision(by: GroupedWeights.group))
    let reals = weights.doubles
    func members(_ tap: Int, _ group: Int, _ k: Int) -> [Double] {
      (group * GroupedWeights.group..<min((group + 1) * GroupedWeights.group, channels)).map { reals[(tap * channels + $0) * outputs + k] }
    }
    var best = [Double](repeating: 0, count: taps * groups * outputs)
    for place in best.indices {
      let (row, k) = (place / outputs, place % outputs)
      best[place] = GroupedWeights.scale(members(row / groups, row % groups, k))
    }
    let steps = (0..<outputs).map { k in
      max(stride(from: k, to: best.count, by: outputs).reduce(0) { max($0, best[$1]) } / 255, 1e-30)
    }
    let scales = best.enumerated().map { place, scale in UInt8(min(max((scale / steps[place % outputs]).rounded(), 1), 255)) }
    var bytes = [UInt8](repeating: 0, count: reals.count / 2)
    for (flat, real) in reals.enumerated() {
      let (tap, c, k) = (flat / outputs / channels, flat / outputs % channels, flat % outputs)
      let scale = Double(scales[(tap * groups + c / GroupedWeights.group) * outputs + k]) * steps[k]
      let code = UInt8(GroupedWeights.nearest(real / scale) + 8)
      bytes[(tap * (channels / 2) + c / 2) * outputs + k] |= c.isMultiple(of: 2) ? code : code << 4
    }
    codes = Tensor(.uint8, weights.dims.dropLast(2) + [channels / 2, outputs], bytes: bytes)
    self.scales = Tensor(.uint8, weights.dims.dropLast(2) + [groups, outputs], bytes: scales)
    self.steps = steps
  }

  private static func nearest(_ number: Double) -> Double { min(max(number.rounded(.toNearestOrEven), -8), 7) }

  /// Of those that leave the largest number near the end, the one with the least squared error.
  private static func scale(_ numbers: [Double]) -> Double {
    let peak = numbers.reduce(0) { max($0, abs($1)) }
    var (best, least) = (peak / 7, Double.infinity)
    if peak == 0 { return 0 }
    for quarters in 24...36 {
      let scale = peak / (Double(quarters) / 4)
      let error = numbers.reduce(0) { sum, number in
        let miss = number - scale * nearest(number / scale)
        return sum + miss * miss
      }
      if error < least { (best, least) = (scale, error) }
    }
    return best
  }
}

extension Operator {
  /// A product with weights `[taps…, C, K]` as one that reads grouped ones; `nil` for others.
  func grouped(_ weights: Tensor) -> GroupedProduct? {
    guard weights.rank >= 2, weights.dims[weights.rank - 2] >= 16, weights.dims[weights.rank - 2].isMultiple(of: 2) else { return nil }
    switch self {
    case let op as MatMul where !op.transposeA && !op.transposeB && !op.widens && weights.rank == 2:
      return GroupedProduct(group: GroupedWeights.group)
    case let op as Convolution where op.groups == 1 && !op.widens && !op.window.roundsUp:
      return GroupedProduct(group: GroupedWeights.group, taps: Array(weights.dims.dropLast(2)), window: op.window)
    default: return nil
    }
  }
}
