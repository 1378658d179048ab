import GraphIR
import Operators
import Tensors
import TestSupport
import Testing

/// Expects the two meanings of an operator to agree within `bound` on a few random inputs of each kind.
func expectAgreement(
  _ op: any Operator, _ types: [TensorType?], within bound: Double = 0, inputs: [Int: Tensor] = [:], dims: [String: Int] = [:],
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  for draw in Draw.allCases {
    for seed in UInt64(0)..<3 {
      let found = try disagreement(op, types, seed: seed, draw: draw, inputs: inputs, dims: dims)
      #expect(found <= bound, "seed \(seed), \(draw), \(op)", sourceLocation: sourceLocation)
    }
  }
}

/// The elements of output 0.
func result(_ op: any Operator, _ inputs: [Tensor?]) throws -> Tensor { try op.evaluate(inputs)[0] }

/// 0, 1, 2, … under a shape.
func counting(_ dims: [Int], _ dtype: DType = .float32) -> Tensor {
  Tensor(dtype, dims, integers: (0..<Int64(dims.reduce(1, *))).map { $0 })
}

extension TensorType {
  static func floats(_ shape: Shape) -> TensorType { TensorType(.float32, shape) }
}

let batch = Dim.symbol("B")
let time = Dim.symbol("T")
