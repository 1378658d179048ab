import LoopIR
import Tensors

/// `1 / sqrt(v)` of integers as `multiplier · 2^-(31 + halfExponent)`: the multiplier has 31 bits, of which 15 are right.
struct ReciprocalRoot {
  let multiplier: Int64
  /// Half the exponent of `v`, rounded down.
  let halfExponent: Int64

  /// `v` is at least 1.
  init(_ v: Int64) {
    var half: Int64 = 0
    while half < 30, v >> (2 * half + 2) > 0 { half += 1 }
    halfExponent = half
    let moved = half >= 15 ? v >> (2 * half - 30) : v << (30 - 2 * half)
    var root = Int64(Double(moved).squareRoot())
    while root * root > moved { root -= 1 }
    while (root + 1) * (root + 1) <= moved { root += 1 }
    multiplier = min((1 << 46) / root, (1 << 31) - 1)
  }

  /// The same in a nest, without floats: gives `body` the multiplier, an int32, and half the exponent, an int64.
  static func nest(_ v: Expr, _ body: (_ multiplier: Expr, _ halfExponent: Expr) -> [Stmt]) -> [Stmt] {
    let zero = Expr.int(0, .int64)
    return local("half", zero) { half in
      for step: Int64 in [16, 8, 4, 2, 1] {
        let next = half.value + .int(step, .int64)
        half.set(.select(.binary(.shiftRight, v, next * .int(2, .int64)) .> zero, next, half.value))
      }
      local("distance", (half.value - .int(15, .int64)) * .int(2, .int64)) { distance in
        local(
          "moved",
          .select(
            distance.value .>= zero, .binary(.shiftRight, v, distance.value), .binary(.shiftLeft, v, .unary(.negate, distance.value)))
        ) { moved in
          // Newton's steps fall to the root rounded down or, at last, one above it: three do from within an eighth.
          local("root", .binary(.shiftRight, moved.value, .int(17, .int64)) + .int(28_672, .int64)) { root in
            for _ in 0..<3 { root.set(.binary(.shiftRight, root.value + moved.value / root.value, .int(1, .int64))) }
            root.set(.select(root.value * root.value .> moved.value, root.value - .int(1, .int64), root.value))
            local(
              "multiplier", .cast(.int32, minimum(.int(1 << 46, .int64) / root.value, .int((1 << 31) - 1, .int64)))
            ) { body($0.value, half.value) }
          }
        }
      }
    }
  }
}
