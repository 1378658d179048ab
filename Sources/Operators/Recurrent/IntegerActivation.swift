import LoopIR
import Tensors

/// A function of a gate on integers: of an int32 with 16 bits of fraction. What is bounded has 15 bits of fraction, what is not has as
/// many as is asked for, within 16 bits. Over `curve`, sigmoid and tanh are less than `largestError` from what they stand for.
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

  /// The function reads `curve`.
  package var isCurved: Bool { self == .sigmoid || self == .tanh }

  /// Bits of fraction of what the function gives.
  func bits(_ asked: Int) -> Int { isBounded ? 15 : asked }
}

/// The logistic function from 0 to 16 in 32 pieces of third degree: `[4, 32]`, the coefficients of a place in the piece from 0 to 1,
/// the constant one first, with 18 bits of fraction.
package enum IntegerCurve {
  package static let type = TensorType(.int32, [128])

  package static var tensor: Tensor {
    let pieces = (0..<32).map { piece in cubic { 1 / (1 + exponential(-(Double(piece) + $0) / 2)) } }
    return Tensor(.int32, [128], integers: (0..<4).flatMap { power in pieces.map { Int64(($0[power] * 0x1p18).rounded()) } })
  }

  private static func exponential(_ x: Double) -> Double { UnaryFunction.table[.exp]?.double(x) ?? .nan }

  /// The coefficients of the polynomial that agrees with a function at four places from 0 to 1, those of Chebyshev.
  private static func cubic(_ function: (Double) -> Double) -> [Double] {
    let places = [0.961_939_766_255_643_4, 0.691_341_716_182_545, 0.308_658_283_817_455, 0.038_060_233_744_356_6]
    var differences = places.map(function)
    for order in 1..<4 {
      for index in (order..<4).reversed() {
        differences[index] = (differences[index] - differences[index - 1]) / (places[index] - places[index - order])
      }
    }
    var result = [differences[3], 0, 0, 0]
    for index in (0..<3).reversed() {
      for power in (0..<4).reversed() { result[power] = (power > 0 ? result[power - 1] : 0) - places[index] * result[power] }
      result[0] += differences[index]
    }
    return result
  }
}

// MARK: The meaning

extension IntegerActivation {
  func value(_ x: Int32, bits asked: Int, _ curve: [Int32]) -> Int32 {
    switch self {
    case .sigmoid:
      let half = (Self.piece(min(max(x, 0 &- x), (1 << 20) - 1), curve) &+ 4) >> 3
      return x < 0 ? 32768 &- half : half
    case .tanh:
      // tanh(x) = 2 sigmoid(2 x) - 1
      let half = (Self.piece(min(max(x, 0 &- x), (1 << 19) - 1) &* 2, curve) &* 2 &- (1 << 18) &+ 4) >> 3
      return x < 0 ? 0 &- half : half
    case .hardSigmoid(let slope, let offset):
      return min(max((min(max(x, -(1 << 20)), 1 << 20) &* 1024).upperHalf(of: slope) &+ offset, 0), 32768)
    case .relu: return Self.short(max(x, 0) >> (16 - Int32(asked)))
    case .linear: return Self.short(x >> (16 - Int32(asked)))
    }
  }

  private static func piece(_ x: Int32, _ curve: [Int32]) -> Int32 {
    let (piece, place) = (Int(x >> 15) & 31, x & 32767)
    return (0..<3).reversed().reduce(curve[96 + piece]) { sum, power in curve[32 * power + piece] &+ ((place &* sum) >> 15) }
  }

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
    _ name: String, to argument: Expr, bits asked: Int, _ curve: TensorView?, @NestBuilder _ body: (Local) -> [Stmt]
  ) -> [Stmt] {
    local("\(name)_x", argument) { x in
      switch self {
      case .sigmoid:
        piece(name, minimum(maximum(x.value, 0 - x.value), .index((1 << 20) - 1)), curve) { sum in
          local("\(name)_half", .binary(.shiftRight, sum + 4, 3)) { half in
            local(name, .select(x.value .< 0, 32768 - half.value, half.value), body)
          }
        }
      case .tanh:
        piece(name, minimum(maximum(x.value, 0 - x.value), .index((1 << 19) - 1)) * 2, curve) { sum in
          local("\(name)_half", .binary(.shiftRight, sum * 2 - .index((1 << 18) - 4), 3)) { half in
            local(name, .select(x.value .< 0, 0 - half.value, half.value), body)
          }
        }
      case .hardSigmoid(let slope, let offset):
        let cut = minimum(maximum(x.value, .index(-(1 << 20))), .index(1 << 20))
        let sum = Expr.binary(.multiplyHigh, cut * 1024, .int(Int64(slope), .int32)) + .int(Int64(offset), .int32)
        local(name, minimum(maximum(sum, 0), 32768), body)
      case .relu: local(name, maximum(x.value, 0).shifted(right: 16 - asked).short, body)
      case .linear: local(name, x.value.shifted(right: 16 - asked).short, body)
      }
    }
  }

  private func piece(_ name: String, _ x: Expr, _ curve: TensorView?, @NestBuilder _ body: (Expr) -> [Stmt]) -> [Stmt] {
    guard let curve else { return [] }
    return local("\(name)_u", x) { u in
      local("\(name)_f", .binary(.and, u.value, 32767)) { place in
        let coefficients = (0..<4).map { power in
          Expr.lookup(curve.buffer, at: curve.position([.index(32 * power)]), numbers: u.value, shift: 15, window: 32)
        }
        let sum = (0..<3).reversed().reduce(coefficients[3]) { sum, power in
          coefficients[power] + (place.value * sum).shifted(right: 15)
        }
        local("\(name)_p", sum) { body($0.value) }
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
}
