import Glibc
import LoopIR

extension ElementwiseFunction {
  /// Functions to whole numbers, and those that tell or replace what is not finite.
  static let rounding: [ElementwiseFunction] = [
    .init("floor", .numbers, body: { x, _ in x[0].applying(.floor) }, meaning: { x, _ in Glibc.floor(x[0]) }),
    .init("ceil", .numbers, body: { x, _ in x[0].applying(.ceil) }, meaning: { x, _ in Glibc.ceil(x[0]) }),
    .init("trunc", .numbers, body: { x, _ in x[0].applying(.trunc) }, meaning: { x, _ in Glibc.trunc(x[0]) }),
    // Halves to even.
    .init(
      "round", .numbers,
      body: { x, _ in x[0].applying(.round) },
      meaning: { x, _ in
        let below = Glibc.floor(x[0])
        let rest = x[0] - below
        return rest > 0.5 || rest == 0.5 && Glibc.fmod(below, 2) != 0 ? below + 1 : below
      }),
    .init("isnan", .numbers, body: { x, _ in x[0].applying(.isNaN) }, meaning: { x, _ in x[0].isNaN ? 1 : 0 }),
    .init("isinf", .numbers, body: { x, _ in x[0].applying(.isInfinite) }, meaning: { x, _ in x[0].isInfinite ? 1 : 0 }),
    .init(
      "isfinite", .numbers,
      body: { x, _ in Expr.binary(.or, x[0].applying(.isNaN), x[0].applying(.isInfinite)).applying(.not) },
      meaning: { x, _ in x[0].isFinite ? 1 : 0 }),
    .init(
      "nan_to_num", .floats, ["nan": 0, "posinf": 3.4028234663852886e38, "neginf": -3.4028234663852886e38],
      body: { x, a in
        let finite = Expr.select(
          x[0].applying(.isInfinite), .select(x[0] .> x[0].literal(0), x[0].literal(a["posinf"]), x[0].literal(a["neginf"])), x[0])
        return .select(x[0].applying(.isNaN), x[0].literal(a["nan"]), finite)
      },
      meaning: { x, a in x[0].isNaN ? a["nan"] : x[0] == .infinity ? a["posinf"] : x[0] == -.infinity ? a["neginf"] : x[0] }),
  ]
}
