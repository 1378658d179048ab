import GraphIR
import LoopIR
import Tensors

/// The nest of convolutions: for each output element the sum, from the bias or zero, of products of input and weights
/// `[k…, inputs of a group, outputs]` over the taps that `overTaps` visits and the input channels of the group. Sums are int32
/// where the operator widens.
func sumsOfProducts(
  _ window: SlidingWindow, _ operands: Operands, groups: Int, widens: Bool = false,
  overTaps: (WindowNest, _ position: [Expr], _ body: (_ taps: [Expr], _ place: [Expr]) -> [Stmt]) -> [Stmt]
) -> [Stmt] {
  let (input, weights, output) = (operands.input(0), operands.input(1), operands.output)
  let (wide, rank) = (productAccumulator(input.dtype, widens: widens), input.rank - 2)
  let nest = WindowNest(window, input: input, output: output, kernel: weights.shape.prefix(rank).compactMap(\.constant))
  let width = Expr(output.shape[rank + 1] / groups)
  return overGroups(groups) { group in
    nest.overOutputs { n, position in
      loop("k", to: width) { within in
        let k = group * width + within
        let start = operands.optionalInput(2).map { $0[k].converted(to: wide) } ?? .constant(0, wide)
        local("sum", start) { sum in
          overTaps(nest, position) { taps, place in
            let product = loop("c", to: weights.extent(rank)) { c in
              sum.addProduct(
                input[[n] + place + [group * weights.extent(rank) + c]].converted(to: wide), weights[taps + [c, k]].converted(to: wide))
            }
            return [product]
          }
          operands.store([n] + position + [k], sum.value.converted(to: widens ? wide : input.dtype))
        }
      }
    }
  }
}
