import Tensors

/// Channels cut into groups that do not see each other.
struct ChannelGroups {
  let count: Int
  /// Channels of one group.
  let inputs: Int
  let outputs: Int

  /// `weights` are the input channels of a group as the weights have them.
  init(_ count: Int, channels: Dim, weights: Int, outputs: Int) throws(Diagnostic) {
    guard count > 0, channels == Dim(count) * Dim(weights) else {
      throw Diagnostic(
        "the input has \(channels) channels, the weights are for \(count) \(count == 1 ? "group" : "groups") of \(weights)",
        hint: "the channels of the input must be groups times the second last extent of the weights")
    }
    guard outputs.isMultiple(of: count) else {
      throw Diagnostic("\(outputs) output channels in \(count) groups", hint: "they must divide evenly")
    }
    self.count = count
    inputs = weights
    self.outputs = outputs / count
  }
}
