import GraphIR
import LoopIR
import Tensors

/// A convolution in which every channel is seen alone: `[N, spatial…, C] * [taps…, C, M] (+ [C · M]) → [N, positions…, C · M]`;
/// channel `c` of the input makes the channels `c · M …` of the output. Padding counts as zeros.
package struct DepthwiseConvolution: Operator {
  package static let name = "depthwise_convolution"
  package static var attributes: [Attribute<DepthwiseConvolution>] {
    [
      .ints("strides", \.window.strides), .ints("dilations", \.window.dilations), .ints("pads_before", \.window.padsBefore),
      .ints("pads_after", \.window.padsAfter), .bool("widens", \.widens),
    ]
  }
  package var window = SlidingWindow()
  /// Integers of any types are multiplied and summed in int32, the type of bias and result.
  package var widens = false

  package init() {}
  package init(_ window: SlidingWindow, widens: Bool = false) {
    self.window = window
    self.widens = widens
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let types = try ConvolutionTypes(inputs, widens: widens)
    try window.check(rank: types.spatialRank)
    let (kernel, channels, multiplier) = try types.extents()
    guard types.channels == Dim(channels) else {
      throw Diagnostic(
        "the input has \(types.channels) channels, the weights \(types.weights) are for \(channels)",
        hint: "the second last extent of the weights must be the channels of the input")
    }
    try types.checkBias(channels * multiplier)
    return [try types.output(window, kernel, channels: channels * multiplier)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let (input, weights) = (try inputs.required(0), try inputs.required(1))
    let rank = input.rank - 2
    let type = try infer(inputs.map { $0?.type })[0]
    let channels = (inputs: input.dims[rank + 1], outputs: type.shape[rank + 1].constant ?? 0)
    let product = TapProduct(groups: channels.inputs, inputs: channels.inputs, outputs: channels.outputs)
    return [product.swept(window, input, weights, inputs.optional(2), type)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (input, weights, output) = (operands.input(0), operands.input(1), operands.output)
    let (wide, rank) = (productAccumulator(input.dtype, widens: widens), input.rank - 2)
    let nest = WindowNest(window, input: input, output: output, kernel: weights.shape.prefix(rank).compactMap(\.constant))
    return [
      nest.overOutputs { n, position in
        overChannels(weights) { c, m in
          let k = c * weights.extent(rank + 1) + m
          let start = operands.optionalInput(2).map { $0[k].converted(to: wide) } ?? .constant(0, wide)
          local("sum", start) { sum in
            nest.overTaps(position) { taps, place in
              sum.addProduct(input[[n] + place + [c]].converted(to: wide), weights[taps + [c, m]].converted(to: wide))
            }
            operands.store([n] + position + [k], sum.value.converted(to: widens ? wide : input.dtype))
          }
        }
      }
    ]
  }

  /// Loops `c` over channels and, where there are several, `m` over the outputs of each.
  private func overChannels(_ weights: TensorView, @NestBuilder _ body: (_ c: Expr, _ m: Expr) -> [Stmt]) -> Stmt {
    loop("c", to: weights.extent(weights.rank - 2)) { c in
      if weights.shape[weights.rank - 1] == 1 { body(c, 0) } else { loop("m", to: weights.extent(weights.rank - 1)) { m in body(c, m) } }
    }
  }

  package func macs(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim {
    outputs[0].shape.elementCount * (inputs[1].map { Array($0.shape.dropLast(2)).elementCount } ?? 0)
  }
}

extension DepthwiseConvolution: RowOperator {
  package func rowWindow(_ inputs: [TensorType?]) -> RowWindow? {
    guard let taps = inputs[1]?.shape.first?.constant, inputs[0]?.rank ?? 0 >= 4 else { return nil }
    return RowWindow(axis: window.along(0), taps: taps)
  }
}
