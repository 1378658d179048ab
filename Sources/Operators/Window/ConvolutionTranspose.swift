import GraphIR
import LoopIR
import Tensors

/// The transpose of a convolution: every element of the input adds its product with the weights to the window of the output that
/// starts at `position · stride`, and pads are cut off both ends of what comes out:
/// `[N, spatial…, C] , [taps…, C / groups, K] (+ [K]) → [N, (extent - 1) · stride + reach - pads + output padding…, K]`.
package struct ConvolutionTranspose: Operator {
  package static let name = "convolution_transpose"
  package static var attributes: [Attribute<ConvolutionTranspose>] {
    [
      .ints("strides", \.window.strides), .ints("dilations", \.window.dilations), .ints("pads_before", \.window.padsBefore),
      .ints("pads_after", \.window.padsAfter), .ints("output_padding", \.outputPadding), .int("groups", \.groups),
    ]
  }
  package var window = SlidingWindow()
  /// Positions added at the end of each spatial axis of the output; an empty list adds none.
  package var outputPadding: [Int] = []
  package var groups = 1

  package init() {}
  package init(_ window: SlidingWindow, outputPadding: [Int] = [], groups: Int = 1) {
    self.window = window
    self.outputPadding = outputPadding
    self.groups = groups
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let types = try ConvolutionTypes(inputs)
    try window.check(rank: types.spatialRank)
    try SlidingWindow.check("output_padding", outputPadding, types.spatialRank, from: 0)
    let (kernel, perGroup, channels) = try types.extents()
    _ = try ChannelGroups(groups, channels: types.channels, weights: perGroup, outputs: channels)
    try types.checkBias(channels)
    var shape = [types.input.shape[0]]
    for axis in kernel.indices { shape.append(try extent(axis, types.spatial[axis], kernel[axis])) }
    return [TensorType(types.input.dtype, shape + [Dim(channels)])]
  }

  private func extent(_ axis: Int, _ input: Dim, _ kernel: Int) throws(Diagnostic) -> Dim {
    guard kernel > 0 else { throw Diagnostic("a window has \(kernel) taps", hint: "it needs one or more along every axis") }
    let along = window.along(axis)
    let added = outputPadding.isEmpty ? 0 : outputPadding[axis]
    let extent = (input - 1) * Dim(along.stride) + Dim(along.reach(kernel) + added - along.before - along.after)
    if let constant = extent.constant, constant < 0 {
      throw Diagnostic("spatial axis \(axis) of the output has \(constant) elements after its pads are cut off", hint: "use smaller pads")
    }
    return extent
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (input, weights) = (try inputs.required(0), try inputs.required(1))
    let dims = try infer(inputs.map { $0?.type })[0].shape.constants ?? []
    let product = TapProduct(groups: groups, inputs: input.dims[input.rank - 1], outputs: dims[input.rank - 1])
    return [product.scattered(window, input, weights, inputs.optional(2), dims)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    sumsOfProducts(window, operands, groups: groups) { nest, position, body in nest.overSources(position, body) }
  }

  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim {
    guard let input = inputs[0], let weights = inputs[1] else { return 0 }
    return input.shape.elementCount * Array(weights.shape.dropLast(2)).elementCount * (outputs[0].shape[input.rank - 1] / groups)
  }
}
