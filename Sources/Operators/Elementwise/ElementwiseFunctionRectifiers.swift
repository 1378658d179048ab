import Glibc
import LoopIR

extension ElementwiseFunction {
  /// Functions that treat what lies on one side of a threshold otherwise.
  static let rectifiers: [ElementwiseFunction] = [
    // Above `max_value` that; above `threshold` as it is; else `negative_slope` times the distance to the threshold.
    .init(
      "relu", .numbers, ["max_value": .infinity, "negative_slope": 0, "threshold": 0],
      body: { x, a in rectified(x[0], a["negative_slope"], a["threshold"]).clamped(-.infinity, a["max_value"]) },
      meaning: { x, a in
        if x[0].isNaN { return x[0] }
        if x[0] >= a["max_value"] { return a["max_value"] }
        if x[0] > a["threshold"] { return x[0] }
        return a["negative_slope"] == 0 ? 0 : a["negative_slope"] * (x[0] - a["threshold"])
      }),
    .init("relu6", .numbers, body: { x, _ in x[0].clamped(0, 6) }, meaning: { x, _ in x[0].isNaN ? x[0] : min(max(x[0], 0), 6) }),
    .init(
      "leaky_relu", .floats, ["negative_slope": 0.2],
      body: { x, a in .select(x[0] .< x[0].literal(0), x[0].literal(a["negative_slope"]) * x[0], x[0]) },
      meaning: { x, a in x[0] < 0 ? a["negative_slope"] * x[0] : x[0] }),
    .init(
      "elu", .floats, ["alpha": 1],
      body: { x, a in .select(x[0] .> x[0].literal(0), x[0], x[0].literal(a["alpha"]) * x[0].expm1OfNegative) },
      meaning: { x, a in x[0] > 0 ? x[0] : a["alpha"] * Glibc.expm1(x[0]) }),
    .init(
      "celu", .floats, ["alpha": 1],
      body: { x, a in
        let alpha = x[0].literal(a["alpha"])
        return .select(x[0] .> x[0].literal(0), x[0], alpha * (x[0] / alpha).expm1OfNegative)
      },
      meaning: { x, a in x[0] > 0 ? x[0] : a["alpha"] * Glibc.expm1(x[0] / a["alpha"]) }),
    .init(
      "selu", .floats, ["alpha": 1.6732632423543772, "scale": 1.0507009873554805],
      body: { x, a in
        let below = x[0].literal(a["scale"] * a["alpha"]) * x[0].expm1OfNegative
        return .select(x[0] .> x[0].literal(0), x[0].literal(a["scale"]) * x[0], below)
      },
      meaning: { x, a in a["scale"] * (x[0] > 0 ? x[0] : a["alpha"] * Glibc.expm1(x[0])) }),
    .init(
      "threshold", .numbers, ["threshold": 0, "default_value": 0],
      body: { x, a in .select(x[0] .> x[0].literal(a["threshold"]), x[0], x[0].literal(a["default_value"])) },
      meaning: { x, a in x[0] > a["threshold"] ? x[0] : a["default_value"] }),
    .init(
      "hard_shrink", .numbers, ["threshold": 0.5],
      body: { x, a in
        let t = x[0].literal(a["threshold"])
        return .select(.binary(.or, x[0] .> t, x[0] .< -t), x[0], x[0].literal(0))
      },
      meaning: { x, a in x[0] > a["threshold"] || x[0] < -a["threshold"] ? x[0] : 0 }),
    .init(
      "soft_shrink", .numbers, ["threshold": 0.5],
      body: { x, a in
        let t = x[0].literal(a["threshold"])
        return .select(x[0] .> t, x[0] - t, .select(x[0] .< -t, x[0] + t, x[0].literal(0)))
      },
      meaning: { x, a in x[0] > a["threshold"] ? x[0] - a["threshold"] : x[0] < -a["threshold"] ? x[0] + a["threshold"] : 0 }),
    .init(
      "sparse_plus", .floats,
      body: { x, _ in
        let root = x[0].clamped(-1, 1) + x[0].literal(1)
        return .select(x[0] .< x[0].literal(1), x[0].literal(0.25) * root * root, x[0])
      },
      meaning: { x, _ in x[0] <= -1 ? 0 : x[0] < 1 ? (x[0] + 1) * (x[0] + 1) / 4 : x[0] }),
  ]

  private static func rectified(_ x: Expr, _ slope: Double, _ threshold: Double) -> Expr {
    if slope == 0 && threshold == 0 { return maximum(x, x.literal(0)) }
    let below = slope == 0 ? x.literal(0) : x.literal(slope) * (threshold == 0 ? x : x - x.literal(threshold))
    return .select(x .<= x.literal(threshold), below, x)
  }
}
