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
      .ints("pads_after", \.window.padsAfter),
    ]
  }
  package var window = SlidingWindow()

  package init() {}
  package init(_ window: SlidingWindow) { self.window = window }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    let types = try ConvolutionTypes(inputs)
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
    let dims = try infer(inputs.map { $0?.type })[0].shape.constants ?? []
    let rank = input.rank - 2
    let product = TapProduct(groups: input.dims[rank + 1], inputs: input.dims[rank + 1], outputs: dims[rank + 1])
    return [product.swept(window, input, weights, inputs.optional(2), dims)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let (input, weights, output) = (operands.input(0), operands.input(1), operands.output)
    let (dtype, rank) = (output.dtype, input.rank - 2)
    let nest = WindowNest(window, input: input, output: output, kernel: weights.shape.prefix(rank).compactMap(\.constant))
    return [
      nest.overOutputs { n, position in
        overChannels(weights) { c, m in
          let k = c * weights.extent(rank + 1) + m
          let start = operands.optionalInput(2).map { $0[k] } ?? .constant(0, dtype)
          local("sum", start.converted(to: dtype.accumulator)) { sum in
            nest.overTaps(position) { taps, place in
              sum.addProduct(
                input[[n] + place + [c]].converted(to: dtype.accumulator), weights[taps + [c, m]].converted(to: dtype.accumulator))
            }
            operands.store([n] + position + [k], sum.value.converted(to: dtype))
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
