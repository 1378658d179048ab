import Glibc
import LoopIR

extension ElementwiseFunction {
  /// Exponentials, logarithms, and the functions of triangles.
  static let transcendentals: [ElementwiseFunction] = [
    plain("exponential", .exp) { Glibc.exp($0) },
    plain("exp", .exp) { Glibc.exp($0) },
    plain("expm1", .expm1) { Glibc.expm1($0) },
    plain("log", .log) { Glibc.log($0) },
    plain("log1p", .log1p) { Glibc.log1p($0) },
    plain("log2", .log2) { Glibc.log2($0) },
    plain("log10", .log10) { Glibc.log10($0) },
    plain("sin", .sin) { Glibc.sin($0) },
    plain("cos", .cos) { Glibc.cos($0) },
    plain("tan", .tan) { Glibc.tan($0) },
    plain("arcsin", .asin) { Glibc.asin($0) },
    plain("arccos", .acos) { Glibc.acos($0) },
    plain("arctan", .atan) { Glibc.atan($0) },
    plain("sinh", .sinh) { Glibc.sinh($0) },
    plain("cosh", .cosh) { Glibc.cosh($0) },
    plain("arcsinh", .asinh) { Glibc.asinh($0) },
    plain("arccosh", .acosh) { Glibc.acosh($0) },
    plain("arctanh", .atanh) { Glibc.atanh($0) },
    plain("lgamma", .lgamma) { Glibc.lgamma($0) },
    .init("exp2", .floats, body: { x, _ in .binary(.power, x[0].literal(2), x[0]) }, meaning: { x, _ in Glibc.exp2(x[0]) }),
    .init("deg2rad", .floats, body: { x, _ in x[0] * x[0].literal(.pi / 180) }, meaning: { x, _ in x[0] / 180 * .pi }),
    .init("rad2deg", .floats, body: { x, _ in x[0] * x[0].literal(180 / .pi) }, meaning: { x, _ in x[0] / .pi * 180 }),
    .init("arctan2", 2, .floats, body: { x, _ in .binary(.arcTangent2, x[0], x[1]) }, meaning: { x, _ in Glibc.atan2(x[0], x[1]) }),
    .init(
      "logaddexp", 2, .floats,
      body: { x, _ in
        let distance = (x[0] - x[1]).applying(.abs)
        // Where both are the same infinity their distance is NaN, and the answer that infinity.
        let rest = Expr.select(x[0] .== x[1], x[0].literal(Glibc.log(2)), (-distance).applying(.exp).applying(.log1p))
        return x[0].maximumOrNaN(x[1]) + rest
      },
      meaning: { x, _ in
        let greater = x[0] > x[1] ? x[0] : x[1]
        if greater.isInfinite && !x[0].isNaN { return greater }
        return greater + Glibc.log(Glibc.exp(x[0] - greater) + Glibc.exp(x[1] - greater))
      }),
  ]

  private static func plain(_ name: String, _ function: UnaryFunction, _ meaning: @escaping @Sendable (Double) -> Double)
    -> ElementwiseFunction
  {
    ElementwiseFunction(name, .floats, body: { x, _ in x[0].applying(function) }, meaning: { x, _ in meaning(x[0]) })
  }
}
