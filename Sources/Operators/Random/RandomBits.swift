import GraphIR
import LoopIR
import Tensors

/// Evenly distributed integers, uint32: element `i` is a hash of `i` and the seed, the same in every run and on every machine.
package struct RandomBits: Operator {
  package static let name = "random_bits"
  package static var attributes: [Attribute<RandomBits>] { [.dims("shape", \.shape), .int("seed", \.seed)] }
  package var shape: Shape = []
  package var seed = 0

  package init() {}
  package init(_ shape: Shape, seed: Int) {
    self.shape = shape
    self.seed = seed
  }

  package var acceptsEpilogue: Bool { true }

  package func infer(_ inputs: [TensorType?]) throws(Diagnostic) -> [TensorType] {
    guard inputs.isEmpty else { throw Diagnostic("\(inputs.count) inputs are given to random_bits", hint: "it takes none") }
    guard !shape.contains(where: { ($0.constant ?? 1) < 0 }) else {
      throw Diagnostic("the shape \(shape) is asked for", hint: "extents must not be negative")
    }
    return [TensorType(.uint32, shape)]
  }

  package func evaluate(_ inputs: [Tensor?]) throws(Diagnostic) -> [Tensor] {
    let dims = try resultDims(inputs)
    let keys = self.keys
    let bits = (0..<UInt32(dims.reduce(1, *))).map { position -> UInt32 in
      var x = position &* 0x9E37_79B9 &+ keys.0
      for key in [keys.1, 0] {
        x = (x ^ x >> 16) &* 0x21F0_AAAD
        x = (x ^ x >> 15) &* 0x735A_2D97
        x = (x ^ x >> 15) &+ key
      }
      return x
    }
    return [Tensor(.uint32, dims, elements: bits)]
  }

  package func lower(_ operands: Operands) -> [Stmt] {
    let strides = TensorType(.uint32, operands.output.shape).strides
    let keys = self.keys
    return loops("i", operands.output.shape) { index in
      let position = zip(index, strides).reduce(Expr.index(0)) { $0 + $1.0 * Expr($1.1) }
      local("bits", position.converted(to: .uint32) * word(0x9E37_79B9) + word(keys.0)) { bits in
        [keys.1, 0].flatMap { key in
          [
            bits.set(shifted(bits.value, by: 16) * word(0x21F0_AAAD)), bits.set(shifted(bits.value, by: 15) * word(0x735A_2D97)),
            bits.set(shifted(bits.value, by: 15) + word(key)),
          ]
        }
        operands.store(index, bits.value)
      }
    }
  }

  private func word(_ value: UInt32) -> Expr { .int(Int64(value), .uint32) }

  /// `x` with its upper bits mixed into the lower ones.
  private func shifted(_ x: Expr, by count: Int) -> Expr { .binary(.xor, x, x / word(1 << count)) }

  /// The seed, scrambled so that seeds that are near give sequences that are not.
  private var keys: (UInt32, UInt32) {
    var x = UInt64(bitPattern: Int64(seed)) &+ 0x9E37_79B9_7F4A_7C15
    x = (x ^ x >> 30) &* 0xBF58_476D_1CE4_E5B9
    x = (x ^ x >> 27) &* 0x94D0_49BB_1331_11EB
    x ^= x >> 31
    return (UInt32(truncatingIfNeeded: x), UInt32(truncatingIfNeeded: x >> 32))
  }

  package func substituting(_ dims: [String: Dim]) -> RandomBits { RandomBits(shape.map { $0.substituting(dims) }, seed: seed) }
}
