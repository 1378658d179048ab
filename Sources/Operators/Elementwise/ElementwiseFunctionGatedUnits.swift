import Glibc
import LoopIR

extension ElementwiseFunction {
  /// Functions that multiply an element by a share of itself.
  static let gatedUnits: [ElementwiseFunction] = [
    .init(
      "gelu", .floats, ["approximate": 0],
      body: { x, a in a["approximate"] == 0 ? exactGelu(x[0]) : approximateGelu(x[0]) },
      meaning: { x, a in
        if a["approximate"] == 0 { return x[0] / 2 * Glibc.erfc(-x[0] / 2.0.squareRoot()) }
        let inner = (2 / Double.pi).squareRoot() * (x[0] + 0.044715 * x[0] * x[0] * x[0])
        return x[0] / 2 * (1 + Glibc.tanh(inner))
      }),
    .init(
      "silu", .floats, ["beta": 1],
      body: { x, a in x[0] * (a["beta"] == 1 ? x[0] : x[0] * x[0].literal(a["beta"])).applying(.sigmoid) },
      meaning: { x, a in x[0] / (1 + Glibc.exp(-a["beta"] * x[0])) }),
    .init(
      "hard_silu", .floats,
      body: { x, _ in x[0] * Expr.multiplyAdd(x[0], x[0].literal(1.0 / 6), x[0].literal(0.5)).clamped(0, 1) },
      meaning: { x, _ in x[0].isNaN ? x[0] : x[0] * min(max(x[0] + 3, 0), 6) / 6 }),
    // `tanh(log(1 + e))` is `n / (n + 2)` with `n = e (e + 2)`; from 20 on it is one.
    .init(
      "mish", .floats,
      body: { x, _ in
        let e = minimum(x[0], x[0].literal(20)).applying(.exp)
        let n = e * (e + x[0].literal(2))
        return x[0] * (n / (n + x[0].literal(2)))
      },
      meaning: { x, _ in x[0] * Glibc.tanh(x[0] > 0 ? x[0] + Glibc.log1p(Glibc.exp(-x[0])) : Glibc.log1p(Glibc.exp(x[0]))) }),
  ]

  private static func exactGelu(_ x: Expr) -> Expr {
    x.literal(0.5) * x * (x.literal(1) + (x * x.literal(0.5.squareRoot())).applying(.erf))
  }

  /// `(1 + tanh(u)) / 2` is the sigmoid of `2 u`, which loses nothing where the tangent is near -1.
  private static func approximateGelu(_ x: Expr) -> Expr {
    let scale = 2 * (2 / Double.pi).squareRoot()
    let square = x * x
    return x * (x * .multiplyAdd(square, x.literal(0.044715 * scale), x.literal(scale))).applying(.sigmoid)
  }
}
