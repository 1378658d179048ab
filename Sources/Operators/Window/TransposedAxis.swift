import LoopIR
import Tensors

/// A window of a transposed convolution along one axis, seen from the output: position `p` gets tap `r` from input position `i`
/// where `p + before = i · stride + r · dilation`.
///
/// The taps that reach a position are `step` apart, and the input positions behind them `dilation / divisor` apart, where
/// `divisor` is the greatest that stride and dilation share.
struct TransposedAxis {
  private let window: WindowAxis
  private let divisor: Int
  private let step: Int
  private let spacing: Int

  init(_ window: WindowAxis) {
    self.window = window
    divisor = greatestCommonDivisor(window.stride, window.dilation)
    step = window.stride / divisor
    spacing = window.dilation / divisor
  }

  /// Bounds of a loop over the taps that reach output position `position`, counted from the first, and for its variable `t` the tap
  /// and the input position.
  func sources(at position: Expr, input: Dim, kernel: Int, _ t: Expr) -> (from: Expr, to: Expr, tap: Expr, place: Expr) {
    let shifted = position + .index(window.before)
    let first = firstTap(shifted)
    // The input position behind the tap before the first. It is never negative, so that C's division rounds down.
    let beyond = divided(shifted + (.index(step) - first) * .index(window.dilation), window.stride)
    let from = divided(maximum(0, beyond - Expr(input)), spacing)
    let inKernel = divided(.index(kernel + step - 1) - first, step)
    let to = minimum(inKernel, divided(beyond, spacing))
    let reached = divisor == 1 ? to : Expr.select(shifted % .index(divisor) .== 0, to, 0)
    return (from, reached, first + t * .index(step), beyond - (t + 1) * .index(spacing))
  }

  /// The least tap that solves the equation above, modulo `stride`.
  private func firstTap(_ shifted: Expr) -> Expr {
    if step == 1 { return 0 }
    let residue = divided(shifted, divisor) % .index(step)
    return spacing % step == 1 ? residue : residue * .index(inverse(of: spacing, modulo: step)) % .index(step)
  }

  private func divided(_ value: Expr, _ divisor: Int) -> Expr { value / .index(divisor) }
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }

/// `x` with `number * x` one more than a multiple of `modulus`; the two share no divisor.
private func inverse(of number: Int, modulo modulus: Int) -> Int {
  var (previous, current) = ((rest: modulus, factor: 0), (rest: number % modulus, factor: 1))
  while current.rest > 1 {
    let quotient = previous.rest / current.rest
    (previous, current) = (current, (previous.rest - quotient * current.rest, previous.factor - quotient * current.factor))
  }
  return (current.factor % modulus + modulus) % modulus
}

extension WindowNest {
  /// Loops `t0`, `t1`, … around `body`, which is given each tap that reaches an output position of a transposed convolution, and
  /// the input position behind it.
  func overSources(_ position: [Expr], @NestBuilder _ body: (_ taps: [Expr], _ place: [Expr]) -> [Stmt]) -> [Stmt] {
    let sources = kernel.indices.map { axis in
      TransposedAxis(window.along(axis)).sources(
        at: position[axis], input: input[axis + 1], kernel: kernel[axis], .index("t\(axis)"))
    }
    return kernel.indices.reversed().reduce(body(sources.map(\.tap), sources.map(\.place))) { inner, axis in
      [.loop(Loop("t\(axis)", from: sources[axis].from, to: sources[axis].to, body: inner))]
    }
  }
}
