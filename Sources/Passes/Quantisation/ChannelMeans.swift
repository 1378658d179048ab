import Tensors

/// The average of a value for each index of its last axis, over any number of tensors.
package struct ChannelMeans: Hashable, Sendable {
  private var sums: [Double] = []
  private var count = 0

  package init() {}

  package mutating func add(_ tensor: Tensor) {
    guard let channels = tensor.dims.last, channels > 0, sums.isEmpty || sums.count == channels else { return }
    if sums.isEmpty { sums = [Double](repeating: 0, count: channels) }
    for (index, float) in tensor.floats.enumerated() where float.isFinite { sums[index % channels] += Double(float) }
    count += tensor.count / channels
  }

  package var values: [Double] { count == 0 ? [] : sums.map { $0 / Double(count) } }
}
