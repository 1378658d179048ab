import LoopIR
import Tensors

/// A function of a gate on integers: of an int32 with `argumentBits` bits of fraction, to what 16 bits hold, with as many bits of fraction
/// as are asked for, at most 15. Gates lie between 1 and 32767 of 32768. Over `IntegerCurve`, sigmoid and tanh are less than
/// `largestError` from what they stand for.
package enum IntegerActivation: Hashable, Sendable {
  case sigmoid
  case tanh
  /// `slope` has 21 bits of fraction, `offset` 15.
  case hardSigmoid(slope: Int32, offset: Int32)
  case relu
  case linear

  package static let largestError = 0x1p-14

  /// `nil` for functions that integers have no form for.
  package init?(_ activation: Activation) {
    switch activation.name {
    case "sigmoid": self = .sigmoid
    case "tanh": self = .tanh
    case "relu": self = .relu
    case "linear": self = .linear
    case "hard_sigmoid":
      let (alpha, beta) = (activation.parameters.first ?? 1.0 / 6, activation.parameters.dropFirst().first ?? 0.5)
      // It is level where the argument is cut off.
      guard (0...64).contains(alpha), abs(beta) <= 64, 15 * alpha + beta >= 1, -15 * alpha + beta <= 0 else { return nil }
      self = .hardSigmoid(slope: Int32((alpha * 0x1p21).rounded()), offset: Int32((beta * 0x1p15).rounded()))
    default: return nil
    }
  }

  package var isBounded: Bool { self != .relu && self != .linear }

  /// It lies between 0 and 1.
  package var isGate: Bool { isBounded && self != .tanh }

  /// The function reads `IntegerCurve`.
  package var isCurved: Bool { self == .sigmoid || self == .tanh }

  /// Of tanh one more than of sigmoid: tanh(x) = 2 sigmoid(2 x) - 1, so that both read the same number off the same curve.
  package var argumentBits: Int { isGate ? 14 : 15 }
}

/// The logistic function less a half, from 0 to 12, in 32 pieces of second degree, 16 of a quarter up to 4, then 16 of a half: `[3, 32]`,
/// the coefficients of a place in the piece from 0 to 1: the constant one with 30 bits of fraction, the next with 33, which are rounded
/// to 17 once the last, with 20, is added. It never exceeds what rounds to 32767 of 32768, as the whole function, and is that of half a unit
/// more: arguments are rounded down, and of negative ones the complement is taken instead of the magnitude.
package enum IntegerCurve {
  package static let type = TensorType(.int32, [96])
  static let pieceBits = 13
  /// Where pieces become longer, and the last place, with 14 bits of fraction.
  static let bend = 65_536
  static let end = 196_607

  package static var tensor: Tensor {
    let pieces = (0..<32).map { piece in
      quadratic(through: piece == 0 ? placesFromZero : places) { place in
        let x: Double = piece < 16 ? (Double(piece) + place) / 4 : 4 + (Double(piece - 16) + place) / 2
        return min(1 / (1 + exponential(-x - 0x1p-15)), 1 - 0x1.2p-16) - 0.5
      }
    }
    // Rounded down, the first of all leaves 0 where it is.
    let numbers: [[Double]] = [
      pieces.map { ($0[0] * 0x1p30).rounded(.down) }, pieces.map { ($0[1] * 0x1p33).rounded() + 0x1p15 },
      pieces.map { ($0[2] * 0x1p20).rounded() },
    ]
    return Tensor(.int32, [96], integers: numbers.flatMap { $0.map { Int64($0) } })
  }

  private static func exponential(_ x: Double) -> Double { UnaryFunction.table[.exp]?.double(x) ?? .nan }

  /// Of Chebyshev, from 0 to 1, and moved so that the first is 0, where the curve is exact.
  private static let places = [0.066_987_298_107_780_7, 0.5, 0.933_012_701_892_219_3]
  private static let placesFromZero = [0, 0.464_101_615_137_754_6, 0.928_203_230_275_509_2]

  /// The coefficients of the polynomial that agrees with a function at three places.
  private static func quadratic(through places: [Double], _ function: (Double) -> Double) -> [Double] {
    let values: [Double] = places.map(function)
    let first: Double = (values[1] - values[0]) / (places[1] - places[0])
    let second: Double = (values[2] - values[1]) / (places[2] - places[1])
    let bend: Double = (second - first) / (places[2] - places[0])
    let slope: Double = first - bend * (places[0] + places[1])
    return [values[0] - places[0] * (slope + bend * places[0]), slope, bend]
  }
}

extension IntegerActivation {
  /// What the curve gives is added to, and with how many bits of fraction it counts.
  private var middle: Int { self == .tanh ? 0 : 1 << 29 }
  private var upper: Int { self == .tanh ? 29 : 30 }
  private func half(of bits: Int) -> Int { 1 << (bits - 1) }
}

// MARK: The meaning

extension IntegerActivation {
  func value(_ x: Int32, bits: Int, _ curve: [Int32]) -> Int32 {
    switch self {
    case .sigmoid, .tanh:
      let sign = x >> 31
      let value: Int32 = Self.half(x ^ sign, curve) ^ sign
      return (value &+ Int32(middle + half(of: upper - bits))) >> Int32(upper - bits)
    case .hardSigmoid(let slope, let offset):
      let value = (min(max(x, -(1 << 18)), 1 << 18) &* 4096).upperHalf(of: slope) &+ offset
      return Self.rounded(min(max(value, 1), 32767), 15 - bits)
    case .relu: return Self.short(Self.rounded(max(x, 0), 15 - bits))
    case .linear: return Self.short(Self.rounded(x, 15 - bits))
    }
  }

  /// With 30 bits of fraction.
  private static func half(_ x: Int32, _ curve: [Int32]) -> Int32 {
    let place: Int32 = min(x, Int32(IntegerCurve.end)) + min(x, Int32(IntegerCurve.bend))
    let piece = Int(place >> 13)
    let rest: Int32 = place & 8191
    let slope: Int32 = (rest &* low(curve[64 + piece]) &+ curve[32 + piece]) >> 16
    return rest &* slope &+ curve[piece]
  }

  private static func low(_ x: Int32) -> Int32 { Int32(Int16(truncatingIfNeeded: x)) }

  private static func rounded(_ x: Int32, _ bits: Int) -> Int32 { bits == 0 ? x : (x &+ Int32(1 << (bits - 1))) >> Int32(bits) }

  static func short(_ x: Int32) -> Int32 { min(max(x, -32768), 32767) }
}

extension Int32 {
  /// The upper 32 bits of a product.
  func upperHalf(of other: Int32) -> Int32 { multipliedFullWidth(by: other).high }
}

// MARK: The nest

extension IntegerActivation {
  /// Statements over a local that holds what the function gives; names begin with `name`.
  func applied(
    _ name: String, to argument: Expr, bits: Int, _ curve: TensorView?, @NestBuilder _ body: (Local) -> [Stmt]
  ) -> [Stmt] {
    local("\(name)_x", argument) { x in
      switch self {
      case .sigmoid, .tanh:
        half(name, x.value, curve) { value in
          local(name, (value + .index(middle + half(of: upper - bits))).shifted(right: upper - bits), body)
        }
      case .hardSigmoid(let slope, let offset):
        let cut = minimum(maximum(x.value, .index(-(1 << 18))), .index(1 << 18))
        let value = Expr.binary(.multiplyHigh, cut * 4096, .int(Int64(slope), .int32)) + .int(Int64(offset), .int32)
        local(name, minimum(maximum(value, 1), 32767).rounded(right: 15 - bits), body)
      case .relu: local(name, maximum(x.value, 0).rounded(right: 15 - bits).short, body)
      case .linear: local(name, x.value.rounded(right: 15 - bits).short, body)
      }
    }
  }

  private func half(_ name: String, _ x: Expr, _ curve: TensorView?, @NestBuilder _ body: (Expr) -> [Stmt]) -> [Stmt] {
    guard let curve else { return [] }
    return local("\(name)_sign", x.shifted(right: 31)) { sign in
      local("\(name)_u", .binary(.xor, x, sign.value)) { u in
        local("\(name)_at", minimum(u.value, .index(IntegerCurve.end)) + minimum(u.value, .index(IntegerCurve.bend))) { at in
          let rest = at.value.lowest(IntegerCurve.pieceBits)
          let coefficients = (0..<3).map { power in
            Expr.lookup(
              curve.buffer, at: curve.position([.index(32 * power)]), numbers: at.value, shift: IntegerCurve.pieceBits, window: 32)
          }
          let slope = Expr.multiplyAdd(rest, coefficients[2].lowShort, coefficients[1]).shifted(right: 16)
          local("\(name)_half", .multiplyAdd(rest, slope.lowShort, coefficients[0])) { half in
            body(.binary(.xor, half.value, sign.value))
          }
        }
      }
    }
  }
}

extension Expr {
  /// Rounded towards minus infinity.
  func shifted(right bits: Int) -> Expr { bits == 0 ? self : .binary(.shiftRight, self, .index(bits)) }

  /// Rounded to the nearest, halves upwards.
  func rounded(right bits: Int) -> Expr { bits == 0 ? self : (self + .index(1 << (bits - 1))).shifted(right: bits) }

  /// What 16 bits hold.
  var short: Expr { minimum(maximum(self, .index(-32768)), 32767) }

  /// The lowest bits, as a number that is not negative.
  func lowest(_ bits: Int) -> Expr { .binary(.and, self, .index((1 << bits) - 1)) }

  /// The lowest 16 bits of an int32, with their sign.
  var lowShort: Expr { .cast(.int32, .cast(.int16, self)) }
}
