import GraphIR
import LoopIR
import Tensors

/// Sums of products under a window that slides over any number of spatial axes, channels last:
/// `[N, spatial…, C] * [taps…, C / groups, K] (+ [K]) → [N, positions…, K]`. Padding counts as zeros.
package struct Convolution: Operator {
  package static let name = "convolution"
  package static var attributes: [Attribute<Convolution>] {
    [
      .ints("strides", \.window.strides), .ints("dilations", \.window.dilations), .ints("pads_before", \.window.padsBefore),
      .ints("pads_after", \.window.padsAfter), .int("groups", \.groups), .bool("widens", \.widens),
    ]
  }
  package var window = SlidingWindow()
  /// Output channels `g * K / groups …` see input channels `g * C / groups …` only.
  package var groups = 1
  /// Integers of any types are multiplied and summed in int32, the type of bias and result.
  package var widens = false

  package init() {}
  package init(_ window: SlidingWindow = SlidingWindow(), groups: Int = 1, widens: Bool = false) {
    self.window = window
    self.groups = groups
    self.widens = widens
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let types = try ConvolutionTypes(inputs, widens: widens)
    try window.check(rank: types.spatialRank)
    let (kernel, perGroup, channels) = try types.extents()
    _ = try ChannelGroups(groups, channels: types.channels, weights: perGroup, outputs: channels)
    try types.checkBias(channels)
    return [try types.output(window, kernel, channels: channels)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (input, weights) = (try inputs.required(0), try inputs.required(1))
    let rank = input.rank - 2
    let type = try infer(inputs.map { $0?.type })[0]
    let product = TapProduct(groups: groups, inputs: input.dims[rank + 1], outputs: type.shape[rank + 1].constant ?? 0)
    return [product.swept(window, input, weights, inputs.optional(2), type)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    sumsOfProducts(window, operands, groups: groups, widens: widens) { nest, position, body in nest.overTaps(position, body) }
  }

  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim {
    outputs[0].shape.elementCount * (inputs[1].map { Array($0.shape.dropLast()).elementCount } ?? 0)
  }
}

extension Convolution: RowOperator {
  package func rowWindow(_ inputs: [TensorType?]) -> RowWindow? {
    guard groups == 1, let taps = inputs[1]?.shape.first?.constant, inputs[0]?.rank ?? 0 >= 4 else { return nil }
    return RowWindow(axis: window.along(0), taps: taps)
  }
}
