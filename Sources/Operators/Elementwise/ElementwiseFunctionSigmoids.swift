import Glibc
import LoopIR

extension ElementwiseFunction {
  /// Functions that level off on one side or both.
  static let sigmoids: [ElementwiseFunction] = [
    .init("sigmoid", .floats, body: { x, _ in x[0].applying(.sigmoid) }, meaning: { x, _ in 1 / (1 + Glibc.exp(-x[0])) }),
    // Keras 2: alpha 0.2. Keras 3: `relu6(x + 3) / 6`, the defaults here.
    .init(
      "hard_sigmoid", .floats, ["alpha": 1.0 / 6, "beta": 0.5],
      body: { x, a in Expr.multiplyAdd(x[0], x[0].literal(a["alpha"]), x[0].literal(a["beta"])).clamped(0, 1) },
      meaning: { x, a in x[0].isNaN ? x[0] : min(max(a["alpha"] * x[0] + a["beta"], 0), 1) }),
    .init(
      "sparse_sigmoid", .floats,
      body: { x, _ in Expr.multiplyAdd(x[0], x[0].literal(0.5), x[0].literal(0.5)).clamped(0, 1) },
      meaning: { x, _ in x[0] <= -1 ? 0 : x[0] >= 1 ? 1 : (x[0] + 1) / 2 }),
    .init(
      "log_sigmoid", .floats,
      body: { x, _ in minimum(x[0], x[0].literal(0)) - (-x[0].applying(.abs)).applying(.exp).applying(.log1p) },
      meaning: { x, _ in x[0] < 0 ? x[0] - Glibc.log1p(Glibc.exp(x[0])) : -Glibc.log1p(Glibc.exp(-x[0])) }),
    .init(
      "softplus", .floats, ["beta": 1],
      body: { x, a in softplus(x[0], a["beta"]) },
      meaning: { x, a in
        let scaled = a["beta"] * x[0]
        return (scaled > 0 ? scaled + Glibc.log1p(Glibc.exp(-scaled)) : Glibc.log1p(Glibc.exp(scaled))) / a["beta"]
      }),
    .init(
      "softsign", .floats,
      body: { x, _ in x[0] / (x[0].literal(1) + x[0].applying(.abs)) },
      meaning: { x, _ in x[0] / (1 + abs(x[0])) }),
    // Half of `x + sqrt(x² + b)`, which cancels for negative x: there `b / (2 (sqrt(x² + b) - x))`. Squares must not overflow.
    .init(
      "squareplus", .floats, ["b": 4],
      body: { x, a in
        let (size, b) = (x[0].applying(.abs), x[0].literal(a["b"]))
        let root = Expr.select(size .< x[0].literal(1e15), Expr.multiplyAdd(x[0], x[0], b).applying(.sqrt), size)
        let half = x[0].literal(0.5)
        return .select(x[0] .< x[0].literal(0), half * b / (root + size), half * root + half * size)
      },
      meaning: { x, a in
        let root = Glibc.hypot(x[0], a["b"].squareRoot())
        return x[0] < 0 ? a["b"] / (2 * (root - x[0])) : (x[0] + root) / 2
      }),
    .init("tanh", .floats, body: { x, _ in x[0].applying(.tanh) }, meaning: { x, _ in Glibc.tanh(x[0]) }),
    .init(
      "scaled_tanh", .floats, ["alpha": 1, "beta": 1],
      body: { x, a in x[0].literal(a["alpha"]) * (x[0] * x[0].literal(a["beta"])).applying(.tanh) },
      meaning: { x, a in a["alpha"] * Glibc.tanh(a["beta"] * x[0]) }),
    .init("tanh_shrink", .floats, body: { x, _ in x[0] - x[0].applying(.tanh) }, meaning: { x, _ in x[0] - Glibc.tanh(x[0]) }),
    // Between bounds: `hard_tanh` as it is, `clamp` with bounds of one's own.
    .init(
      "hard_tanh", .numbers, ["min_value": -1, "max_value": 1],
      body: { x, a in x[0].clamped(a["min_value"], a["max_value"]) },
      meaning: { x, a in x[0].isNaN ? x[0] : min(max(x[0], a["min_value"]), a["max_value"]) }),
    .init(
      "clamp", .numbers, ["min_value": -.infinity, "max_value": .infinity],
      body: { x, a in x[0].clamped(a["min_value"], a["max_value"]) },
      meaning: { x, a in x[0].isNaN ? x[0] : min(max(x[0], a["min_value"]), a["max_value"]) }),
    .init("erf", .floats, body: { x, _ in x[0].applying(.erf) }, meaning: { x, _ in Glibc.erf(x[0]) }),
    .init("erfc", .floats, body: { x, _ in x[0].applying(.erfc) }, meaning: { x, _ in Glibc.erfc(x[0]) }),
  ]

  /// `log(1 + exp(beta x)) / beta` without overflow.
  private static func softplus(_ x: Expr, _ beta: Double) -> Expr {
    let rest = (-(beta == 1 ? x : x * x.literal(beta)).applying(.abs)).applying(.exp).applying(.log1p)
    return maximum(x, x.literal(0)) + (beta == 1 ? rest : rest / x.literal(beta))
  }
}
