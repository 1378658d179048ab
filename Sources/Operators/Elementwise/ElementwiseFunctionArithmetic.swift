import Glibc
import LoopIR

extension ElementwiseFunction {
  /// Arithmetic on one, two and three numbers.
  static let arithmetic: [ElementwiseFunction] = [
    .init("linear", .any, body: { x, _ in x[0] }, meaning: { x, _ in x[0] }),
    .init("identity", .any, body: { x, _ in x[0] }, meaning: { x, _ in x[0] }),
    .init(
      "affine", .floats, ["alpha": 1, "beta": 0],
      body: { x, a in .multiplyAdd(x[0], x[0].literal(a["alpha"]), x[0].literal(a["beta"])) },
      meaning: { x, a in a["alpha"] * x[0] + a["beta"] }),
    .init("abs", .numbers, body: { x, _ in x[0].applying(.abs) }, meaning: { x, _ in x[0] < 0 ? -x[0] : x[0] }),
    .init("negative", .numbers, body: { x, _ in -x[0] }, meaning: { x, _ in 0 - x[0] }),
    .init("sign", .numbers, body: { x, _ in x[0].applying(.sign) }, meaning: { x, _ in x[0] < 0 ? -1 : x[0] > 0 ? 1 : x[0] }),
    .init("square", .numbers, body: { x, _ in x[0] * x[0] }, meaning: { x, _ in Glibc.pow(x[0], 2) }),
    .init("sqrt", .floats, body: { x, _ in x[0].applying(.sqrt) }, meaning: { x, _ in x[0].squareRoot() }),
    .init("rsqrt", .floats, body: { x, _ in x[0].applying(.reciprocalSqrt) }, meaning: { x, _ in 1 / x[0].squareRoot() }),
    .init("reciprocal", .floats, body: { x, _ in x[0].literal(1) / x[0] }, meaning: { x, _ in Glibc.pow(x[0], -1) }),
    .init("add", 2, .numbers, body: { x, _ in x[0] + x[1] }, meaning: { x, _ in x[0] + x[1] }),
    .init("subtract", 2, .numbers, body: { x, _ in x[0] - x[1] }, meaning: { x, _ in x[0] - x[1] }),
    .init("multiply", 2, .numbers, body: { x, _ in x[0] * x[1] }, meaning: { x, _ in x[0] * x[1] }),
    .init("divide", 2, .floats, body: { x, _ in x[0] / x[1] }, meaning: { x, _ in x[0] / x[1] }),
    .init(
      "squared_difference", 2, .numbers,
      body: { x, _ in (x[0] - x[1]) * (x[0] - x[1]) },
      meaning: { x, _ in Glibc.pow(x[0] - x[1], 2) }),
    .init("power", 2, .numbers, body: { x, _ in .binary(.power, x[0], x[1]) }, meaning: { x, _ in Glibc.pow(x[0], x[1]) }),
    // The quotient and its rest as C has them, rounded towards zero, and as Python has them, rounded down.
    .init("truncate_divide", 2, .integers, body: { x, _ in x[0] / x[1] }, meaning: { x, _ in (x[0] / x[1]).rounded(.towardZero) }),
    .init("truncate_mod", 2, .numbers, body: { x, _ in x[0] % x[1] }, meaning: { x, _ in Glibc.fmod(x[0], x[1]) }),
    .init(
      "floor_divide", 2, .numbers,
      body: { x, _ in x[0].dtype.isFloat ? (x[0] / x[1]).applying(.floor) : .binary(.floorDivide, x[0], x[1]) },
      meaning: { x, _ in Glibc.floor(x[0] / x[1]) }),
    .init(
      "mod", 2, .numbers,
      body: { x, _ in .binary(.floorModulo, x[0], x[1]) },
      meaning: { x, _ in
        let rest = Glibc.fmod(x[0], x[1])
        return rest * x[1] < 0 ? rest + x[1] : rest
      }),
    // NaN if either is, as NumPy has it.
    .init(
      "maximum", 2, .numbers,
      body: { x, _ in x[0].dtype.isFloat ? x[0].maximumOrNaN(x[1]) : LoopIR.maximum(x[0], x[1]) },
      meaning: { x, _ in Double.maximumOrNaN(x[0], x[1]) }),
    .init(
      "minimum", 2, .numbers,
      body: { x, _ in x[0].dtype.isFloat ? x[0].minimumOrNaN(x[1]) : LoopIR.minimum(x[0], x[1]) },
      meaning: { x, _ in -Double.maximumOrNaN(-x[0], -x[1]) }),
    // Scaled by the greater, so that squares do not overflow.
    .init(
      "hypot", 2, .floats,
      body: { x, _ in
        let (a, b) = (x[0].applying(.abs), x[1].applying(.abs))
        let (greater, lesser) = (a.maximumOrNaN(b), LoopIR.minimum(a, b))
        let ratio = lesser / greater
        let root = Expr.multiplyAdd(ratio, ratio, a.literal(1)).applying(.sqrt)
        return .select(greater .== lesser, greater * a.literal(2.0.squareRoot()), greater * root)
      },
      meaning: { x, _ in (x[0] * x[0] + x[1] * x[1]).squareRoot() }),
    .init(
      "clip", 3, .numbers,
      body: { x, _ in LoopIR.minimum(LoopIR.maximum(x[0], x[1]), x[2]) },
      meaning: { x, _ in x[0].isNaN ? x[0] : min(max(x[0], x[1]), x[2]) }),
    .init("add_product", 3, .numbers, body: { x, _ in .multiplyAdd(x[1], x[2], x[0]) }, meaning: { x, _ in x[0] + x[1] * x[2] }),
  ]
}

extension Double {
  fileprivate static func maximumOrNaN(_ a: Double, _ b: Double) -> Double { a.isNaN || b.isNaN ? .nan : Swift.max(a, b) }
}
