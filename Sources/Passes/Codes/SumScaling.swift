import GraphIR
import LoopIR
import Operators
import Tensors

extension Graph {
  /// Sums of integers in layers with known weights are multiplied with their known factors in float32, which vectors can, rather than in
  /// float64: so does ONNX Runtime, and only near ties is the nearest integer another.
  mutating func scaleSumsAsFloats() throws(Diagnostic) {
    for position in nodes.indices {
      let node = nodes[position]
      guard node.isLayer, node.op.widened?.didWiden == true, node.inputs[1].map({ constants[$0] != nil }) == true else { continue }
      guard let body = node.epilogue?.body.body else { continue }
      var factors: [String: Numbers] = [:]
      for (number, id) in node.epilogueInputs.enumerated() { factors["x\(number + 1)"] = constants[id].map { Numbers($0) } }
      nodes[position].epilogue?.body = ElementwiseBody(body.scalingSumsAsFloats(factors))
    }
  }
}

extension Expr {
  fileprivate func scalingSumsAsFloats(_ factors: [String: Numbers]) -> Expr {
    guard
      case .cast(let dtype, .binary(.minimum, .binary(.maximum, .unary(.round, let scaled), .float(let least, _)), .float(let most, _))) =
        self,
      let rounded = scaled.roundedAsFloat(factors)
    else { return mapChildren { $0.scalingSumsAsFloats(factors) } }
    return .cast(dtype, minimum(maximum(rounded, .float(least, .float32)), .float(most, .float32)))
  }

  /// A sum times a factor, and plus a zero point, rounded.
  private func roundedAsFloat(_ factors: [String: Numbers]) -> Expr? {
    var (product, zero) = (self, 0.0)
    if case .binary(.add, let a, .float(let number, .float64)) = self { (product, zero) = (a, number) }
    guard case .binary(.multiply, .cast(.float64, let sum), let factor) = product, sum.dtype == .int32 else { return nil }
    guard let (narrow, numbers) = factor.floatFactor(factors) else { return nil }
    let real = Expr.binary(.multiply, .cast(.float32, sum), narrow)
    // Exact products have ties, which go to where the sum with the zero point is even.
    if numbers.values.allSatisfy({ $0.significand == 1 }) { return .unary(.round, .binary(.add, real, .float(zero, .float32))) }
    return .binary(.add, .unary(.round, real), .float(zero, .float32))
  }

  /// A known float32 in the place of its float64.
  private func floatFactor(_ factors: [String: Numbers]) -> (Expr, Numbers)? {
    switch self {
    case .float(let value, .float64) where Double(Float(value)) == value: (.float(value, .float32), Numbers(value))
    case .cast(.float64, .variable(let variable)) where variable.type.dtype == .float32:
      factors[variable.name].map { (.variable(variable), $0) }
    default: nil
    }
  }
}
